"""Editing a place from the Intervene lens: every way and place, its Python, what is refused, what is not there."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
import torch

from models import Ablate, Patch
from playground.interventions import prompts
from playground.interventions.places import LABELS
from playground.lenses.intervene import acts, edited, work
from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.intervene.corrupting import Wish, exchanged
from playground.lenses.intervene.placed import known
from playground.runs.paired import scores
from playground.tasks.forward import forward
from playground.visitors.event import Event
from tests.playground.jobs import advance
from tests.playground.lenses import code
from tests.playground.mixed import mixed
from tests.playground.small import trained
from tests.playground.test_views_intervene import TOPOLOGIES, cells, run, shown

PLACES = ("attention.q", "attention.k", "attention.v", "attention.pattern", "feed_forward.post", "embedding")
OTHER = 3


def session_of(topology: str) -> Any:
    return trained(8, "copy", model__topology=topology, training__lr=0.01)


def fields(value: dict[str, Any]) -> dict[str, Any]:
    return {f["name"]: f for f in value["fields"]}


def edit_of(part: str, stack: Any, settings: dict[str, Any]) -> Any:
    """Of the whole place, at all positions, by hand."""
    layer = None if part == "embedding" else 1
    narrow = {k: settings[k] for k in ("head", "unit") if k in settings}
    return Ablate(stack, layer, part, how=settings["how"], **narrow)


@pytest.mark.parametrize("how", ["zero", "mean", "example"])
@pytest.mark.parametrize("part", PLACES)
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_place_edited_on_the_page_is_a_pass_with_that_edit(topology: str, part: str, how: str):
    session = session_of(topology)
    model, batch = session.run.model, session.run.probe.batch
    stack: Any = "decoder" if topology != "encoder-only" else "encoder"
    narrow: dict[str, int] = {"attention.q": {"head": 1}, "feed_forward.post": {"unit": 2}}.get(part, {})
    asked = {"stack": stack, "place": part, "layer": 1, "how": how, "example": OTHER, "position": "all", **narrow}
    value = run(session, "place", **asked)
    assert not value["tone"], value["words"]
    rows = [i for i in range(len(batch.ids_BT)) if how != "example" or i != OTHER]
    edit = edit_of(part, stack, {**narrow, "how": how})
    if how == "example":
        at_BT = torch.ones(batch.ids_BT.shape, dtype=torch.bool)
        at_BT[OTHER] = False
        edit = Patch(stack, edit.layer, part, at_BT, OTHER, **narrow)
    with torch.no_grad():
        before, after = (forward(model, batch, edits=e).logits_BTV for e in ([], [edit]))
    (loss, right), (less, fewer) = (scores(x[rows], batch.targets_BT[rows]).mean() for x in (before, after))
    assert f"Loss {loss:.3f} → {less:.3f} nats" in value["finding"]["html"]
    words = session.run.task.vocabulary
    assert cells(value)["text"] == [[words[i] for i in x[0].argmax(-1)] for x in (before, after)]
    assert value["bars"] == "How far each prediction moves"
    scored = int((batch.targets_BT[rows] >= 0).sum())
    assert f"{scored:,} scored tokens of {len(rows)} examples" in value["finding"]["html"]
    assert f"{scored:,} scored tokens" in value["note"]
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code(session, "intervene"), names)
    assert names["found"].after.mean() == pytest.approx((less, fewer), abs=1e-5)
    assert names["found"].before.mean() == pytest.approx((loss, right), abs=1e-5)


@pytest.mark.parametrize("how", ["zero", "mean", "held-out", "example"])
def test_at_one_position_the_python_gives_what_the_page_says(how: str):
    session = session_of("encoder-decoder")
    asked = {"stack": "decoder", "place": "cross_attention.v", "layer": 0, "how": how, "example": 2, "position": 1}
    value = run(session, "place", **asked)
    assert not value["tone"], value["words"]
    source = session.run.probe.batch.source_BS
    assert f", at position 1 ({session.run.task.vocabulary[source[0, 1]]})" in value["finding"]["title"]
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code(session, "intervene"), names)
    loss, less = names["found"].before.mean()[0], names["found"].after.mean()[0]
    assert f"Loss {loss:.3f} → {less:.3f} nats" in value["finding"]["html"]
    assert len(names["found"].frame()) == len(value["table"]["rows"])


@pytest.mark.parametrize("part", [*PLACES, "attention.z", "logits"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_any_place_is_patched_between_two_examples_of_the_probe(topology: str, part: str, monkeypatch: Any):
    monkeypatch.setattr(prompts, "LEAST", 1e-6)
    session = session_of(topology)
    narrow = {"feed_forward.post": {"unit": 2}}.get(part, {})
    stack = "decoder" if topology != "encoder-only" else "encoder"
    value = run(session, "patch", prompt=OTHER, place=part, stack=stack, **narrow)
    assert not value["tone"], value["words"]
    assert f"the corrupted one example {OTHER}; the answer is read" in value["note"]
    assert not {"position", "token"} & fields(value).keys()
    heads = known(session.run)[stack]["attention.k" if part in ("attention.k", "attention.v") else "attention.q"].heads
    assert len(cells(value, 1)["values"][0]) == heads
    layered = part not in ("embedding", "logits")
    assert len(cells(value)["values"]) == (session.run.config.model.layers if layered else 1)
    assert all(z is not None for row in cells(value)["values"] for z in row)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code(session, "intervene"), names)
    assert names["found"].recovered_LX == pytest.approx(np.array(cells(value)["values"]), abs=2e-3)
    assert (names["found"].part, names["found"].stack) == (part, stack)


def test_two_examples_are_told_apart_where_they_move_the_answer_most():
    session = session_of("decoder-only")
    model, batch, words = session.run.model, session.run.probe.batch, session.run.task.vocabulary
    found = exchanged(model, batch, words, Wish(), OTHER)
    with torch.no_grad():
        logits = forward(model, batch).logits_BTV.double()

    def moved(at: int, right: int, wrong: int) -> float:
        return sum(sign * (logits[i, at, right] - logits[i, at, wrong]).item() for i, sign in ((0, 1), (OTHER, -1)))

    targets = batch.targets_BT[[0, OTHER]].T.tolist()
    apart = [moved(t, a, b) for t, (a, b) in enumerate(targets) if a >= 0 and a != b]
    assert moved(*found.answer) >= max(apart) - 1e-9
    assert found.answer.right == int(batch.targets_BT[0, found.answer.at])
    fixed = exchanged(model, batch, words, Wish(at=found.answer.at + 1, right=2, wrong=5), OTHER)
    assert fixed.answer == (found.answer.at + 1, 2, 5)
    with pytest.raises(ValueError, match="Both answers are"):
        exchanged(model, batch, words, Wish(right=2, wrong=2), OTHER)


def test_patching_fills_while_it_computes_and_stops_where_it_is_told(monkeypatch: Any):
    monkeypatch.setattr(prompts, "LEAST", 1e-6)
    monkeypatch.setattr(work, "DRAWN", 0.0)
    session, seen = session_of("decoder-only"), []
    session.of(InterveneChoices).trial = "patch"
    session.jobs.begin("intervene", work.compute(session), lambda sentence: None)
    for _ in range(2):
        advance(session, "intervene")
        seen.append([all(z is not None for z in row) for row in cells(shown(session))["values"]])
    assert seen == [[True, False], [True, True]]
    session.jobs.cancel("intervene")
    assert len(shown(session)["maps"]) == 1
    assert shown(session)["words"].startswith("Stopped at step 8")


def test_every_place_of_a_mixture_can_be_chosen_and_run_and_others_say_why_not():
    session = mixed(2, every=2)
    there = known(session.run)["decoder"]
    assert {"feed_forward.router.gates", "feed_forward.experts", "feed_forward.post"} <= there.keys()
    for part in there:
        value = run(session, "place", place=part, how="zero")
        assert fields(value)["place"]["value"] == part
        assert value["finding"]["title"].startswith(("L", "Embedding", "Final")), part
        assert not value["tone"] or value["words"].startswith("Nothing would change"), (part, value["words"])
    absent = fields(shown(session))["place"]["absent"]
    assert len(absent) == len(LABELS) - len(there)
    assert "Cross-attention: queries q — only the decoder of an encoder-decoder reads a source" in absent
    run(session, "place", place="feed_forward.router.gates")
    assert [layer for layer, _ in fields(shown(session))["layer"]["options"]] == list(
        there["feed_forward.router.gates"].layers
    )


def test_an_edit_that_changes_nothing_is_refused_and_the_result_before_stays():
    session = session_of("decoder-only")
    before = run(session, "place", place="attention.v", how="zero")
    batch = session.run.probe.batch
    same = next(i for i in range(len(batch.ids_BT[0])) if bool((batch.ids_BT[:, i] == batch.ids_BT[0, i]).all()))
    value = run(session, "place", place="embedding", how="example", example=1, position=same)
    assert value["tone"] == "error"
    assert value["words"].startswith("Nothing would change: what is put at decoder.embedding stands there already. ")
    assert value["finding"] == before["finding"]


def test_one_example_has_no_mean_and_no_other_and_says_so():
    session = session_of("decoder-only")
    session.use_probe(session.run.task.probes[0].name, None)
    value = run(session, "place", how="example")
    ways = fields(value)["how"]
    assert ways["value"] == "zero"
    assert {each.partition(" — ")[2] for each in ways["absent"]} >= {"this probe is one example"}
    assert len(ways["absent"]) + len(ways["options"]) == len(edited.WAYS)
    assert "example" not in fields(value)
    assert "scored token" in value["finding"]["html"]
    assert "the one example of the probe" in value["note"]


@pytest.mark.parametrize("unit", [10**6, -1, 2.5, "3", None, True])
def test_numbers_out_of_bounds_are_not_taken(unit: Any):
    session = trained(1)
    run(session, "place", place="feed_forward.post", unit=unit)
    assert fields(shown(session))["unit"]["value"] == "all"
    session.of(InterveneChoices).chosen.clear()
    session.of(InterveneChoices).chosen["place", "place"] = "feed_forward.post"
    acts.see(session, Event({"name": "unit", "value": unit}))
    assert ("place", "unit") not in session.of(InterveneChoices).chosen
    acts.see(session, Event({"name": "unit", "value": 3.0}))
    assert session.of(InterveneChoices).chosen["place", "unit"] == 3
