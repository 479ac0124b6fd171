"""What experts' tokens are called, and how much of it the first-choice expert tells."""

from __future__ import annotations

import pytest
import torch

from playground.measures.routing import KINDS, first_choice
from playground.runs.loads import Routed
from playground.runs.specialists import informed, labels
from playground.tasks import Tagged
from tests.playground.mixed import mixed, routing


def seen(experts_BT: torch.Tensor, batch, **more) -> Routed:
    layer = routing([[int(e)] for e in experts_BT.flatten()])
    return Routed(1, batch, ("L0",), (layer,), (("decoder", 0),), **more)


@pytest.fixture(scope="module")
def task():
    return Tagged(length=4).build()


@pytest.fixture(scope="module")
def batch(task):
    return task.batch(32, torch.Generator().manual_seed(0), "decoder-only")


def test_every_token_has_a_task_a_position_and_a_kind(task, batch):
    found = labels(task, seen(torch.zeros_like(batch.ids_BT), batch), 0)
    assert list(found) == ["task", "position", "kind of token"]
    for b, row in enumerate(batch.ids_BT.tolist()):
        for t, token in enumerate(row):
            n = b * len(row) + t
            named = {name: names[of_N[n]] for name, (names, of_N) in found.items()}
            text, tag = task.vocabulary[token], task.tags[batch.tags_BT[b, t]]
            assert (named["task"], named["position"]) == (tag, str(t))
            kind = KINDS.index("digit") if text.isdigit() else KINDS.index("vowel") if text in [*"aeiou"] else None
            assert kind is None or KINDS.index(named["kind of token"]) == kind


def test_experts_that_follow_the_task_tell_all_of_it_and_little_else(task, batch):
    (found,) = informed(task, seen(batch.tags_BT, batch))
    assert found["task"].share == pytest.approx(1)
    assert found["position"].share < 0.1


def test_experts_that_follow_the_position_tell_nothing_of_the_task(task, batch):
    length = batch.ids_BT.shape[1]
    (found,) = informed(task, seen(torch.arange(length).expand_as(batch.ids_BT) % 4, batch))
    assert found["task"].share == pytest.approx(0, abs=1e-9)
    assert found["position"].share > 0.5


def test_experts_drawn_blindly_tell_about_what_chance_says(task, batch):
    drawn = torch.randint(4, batch.ids_BT.shape, generator=torch.Generator().manual_seed(3))
    (found,) = informed(task, seen(drawn, batch))
    assert 0 < found["task"].share < 5 * found["task"].chance


@pytest.mark.parametrize("stacks", ["both", "encoder", "decoder"])
def test_the_encoders_tokens_are_those_of_the_source(stacks):
    run = mixed(5, "specialists", model__topology="encoder-decoder", stacks=stacks, router__k=2).run
    names = run.routed.names
    assert {name.split()[0] for name in names} == ({"encoder", "decoder"} if stacks == "both" else {stacks})
    for i, layer in enumerate(run.routed.layers):
        found, ids_BT = labels(run.task, run.routed, i), run.routed.ids(i)
        assert (ids_BT is run.routed.batch.source_BS) is (run.routed.places[i][0] == "encoder")
        assert {len(of_N) for _, of_N in found.values()} == {ids_BT.numel()} == {len(first_choice(layer))}
    assert len(run.history.loads.updates[-1].informed) == len(names)


def test_a_task_without_tags_is_told_by_position_and_kind():
    run = mixed(5).run
    assert {*run.history.loads.updates[-1].informed[0]} == {"position", "kind of token"}
