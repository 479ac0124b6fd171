"""What acts on a mixture in the middle of a run, what waits for a restart, and what is refused with which sentence."""

from __future__ import annotations

import json

import pytest

from models.config import live
from playground.settings.forms import leaf
from playground.settings.links import link, opened
from playground.settings.presets import PRESETS, raw
from playground.visitors.session import Session
from tests.playground.mixed import MOE, mixed

LIVE = {  # what the visitor sets while a mixture trains: path below the feed-forward -> (value, what the mark says)
    "router.k": (1, "experts per token 2 → 1"),
    "capacity.factor": (0.5, "capacity factor no limit → 0.5"),
    "balance.auxiliary": (5.0, "auxiliary loss 0.01 → 5"),
    "router.jitter": (0.5, "jitter 0 → 0.5"),
    "balance.z": (1.0, "router z-loss 0 → 1"),
    "balance.bias_speed": (0.1, "bias balancing 0 → 0.1"),
    "router.precision": ("bfloat16", "router precision float32 → bfloat16"),
    "expert_dropout": (0.5, "expert dropout 0 → 0.5"),
}
STRUCTURAL = {"experts": 8, "hidden": 16, "shared": 1, "split": 2, "devices": 2, "every": 2, "router.kind": "Switch"}


def told(run, steps: int) -> list[tuple]:
    """All numbers of the next steps."""
    found = [(m.loss, m.penalty, m.gradient_norm) for m in run.train(steps)]
    return [*found, *(tuple(one.load_E.tolist()) for u in run.history.loads.updates for one in u.layers)]


@pytest.mark.parametrize("name", LIVE)
def test_a_live_setting_acts_at_the_next_update_and_leaves_a_mark(name):
    value, mark = LIVE[name]
    plain = {"router__renormalise": False}  # one expert per token needs a gate that the router learns through
    session, twin = mixed(3, **plain), mixed(3, **plain)
    assert f"{MOE}.{name}" in live(session.run.now)
    session.run.retune({f"{MOE}.{name}": value})
    assert session.run.model.config.feed_forward == session.run.now.model.feed_forward
    assert leaf(session.run.now.model_dump(), f"{MOE}.{name}") == value
    assert [(m.step, m.text) for m in session.run.history.marks] == [(3, mark)]
    assert session.run.history.changes == [(3, f"{MOE}.{name}", value)]
    assert told(session.run, 3) != told(twin.run, 3)
    assert session.run.step == 6


def test_what_a_live_setting_does_is_seen_in_the_next_routing():
    run = mixed(2, router__renormalise=False).run
    assert {layer.experts_NK.shape[1] for layer in run.routed.layers} == {2}
    assert {layer.capacity for layer in run.routed.layers} == {None}
    run.retune({f"{MOE}.router.k": 1, f"{MOE}.capacity.factor": 0.5})
    run.advance()
    tokens = run.routed.batch.ids_BT.numel()
    for layer in run.routed.layers:
        assert layer.experts_NK.shape == (tokens, 1)
        assert layer.capacity == tokens // 8
        assert layer.load_E.max() <= tokens // 8


@pytest.mark.parametrize("name", STRUCTURAL)
def test_a_setting_of_the_shape_is_refused_in_the_middle_of_a_run_and_nothing_changes(name):
    run = mixed(1).run
    before = run.now
    with pytest.raises(ValueError, match=f"{MOE}.{name} is not live: it takes a new run. Live settings: ") as refused:
        run.retune({f"{MOE}.balance.auxiliary": 1.0, f"{MOE}.{name}": STRUCTURAL[name]})
    assert f"{MOE}.router.k" in str(refused.value)
    assert run.now == before
    assert run.history.marks == []


def test_of_several_changes_all_are_made_or_none():
    run = mixed(1).run
    before = run.now
    with pytest.raises(ValueError, match="A token cannot go to 9 of 4 experts"):
        run.retune({f"{MOE}.balance.auxiliary": 1.0, f"{MOE}.router.k": 9})
    assert run.now == before
    assert run.model.config == before.model
    assert run.history.changes == run.history.marks == []


@pytest.mark.parametrize("name", ["balance.auxiliary", "capacity.factor", "router.k"])
def test_a_control_that_is_live_acts_at_once_and_one_drag_leaves_one_mark(name):
    session = mixed(2)
    run = session.run
    drag = {"balance.auxiliary": (0.2, 0.3), "capacity.factor": (2.0, 1.5), "router.k": (3, 4)}[name]
    session.edit(f"{MOE}.{name}", drag[0], settled=False)
    assert leaf(run.now.model_dump(), f"{MOE}.{name}") == drag[0]
    session.edit(f"{MOE}.{name}", drag[1])
    assert session.run is run
    assert session.pending() == []
    assert session.problems == {}
    assert len(run.history.marks) == 1
    assert run.history.marks[0].text.endswith(f"→ {drag[1]:g}")
    run.advance()


def test_a_shape_waits_for_a_restart_beside_what_acts_at_once_and_can_be_undone():
    session = mixed(2)
    run = session.run
    session.edit(f"{MOE}.experts", 8)
    session.edit(f"{MOE}.balance.auxiliary", 0.5)
    assert session.pending() == [(f"{MOE}.experts", 4, 8)]
    assert run.now.model.feed_forward.balance.auxiliary == 0.5
    session.edit(f"{MOE}.router.kind", "Switch")
    assert (f"{MOE}.router.kind", "top-k", "Switch") in session.pending()
    session.edit(f"{MOE}.router.jitter", 0.1)  # both routers have it
    assert run.now.model.feed_forward.router.jitter == 0.1
    session.undo()
    assert session.pending() == []
    kept = session.config.model.feed_forward
    assert (kept.experts, kept.router.kind, kept.router.jitter, kept.balance.auxiliary) == (4, "top-k", 0.1, 0.5)


def test_what_fits_the_controls_and_not_the_run_waits_and_says_so():
    session = mixed(1)
    session.edit(f"{MOE}.experts", 16)
    session.edit(f"{MOE}.router.k", 12)
    assert session.problems == {}
    assert session.notice == "This value fits the model of the controls, not the one that runs: restart with it."
    assert (f"{MOE}.router.k", 2, 12) in session.pending()
    assert session.run.now.model.feed_forward.router.k == 2
    assert session.restart().now.model.feed_forward.router.k == 12


BAD = {  # (preset, path, value, what the sentence beside the control says)
    "k above the experts": ("collapse", "router.k", 17, "A token cannot go to 17 of 16 experts."),
    "no seats": ("capacity", "capacity.factor", 0, "8 on this page; got 0."),
    "less than none": ("capacity", "capacity.factor", -1, "8 on this page; got -1"),
    "NaN": ("capacity", "capacity.factor", float("nan"), "8 on this page; got nan"),
    "too many": ("capacity", "capacity.factor", 9, "Capacity factor goes up to 8 on this page; got 9"),
    "devices": ("collapse", "devices", 3, "16 experts cannot be spread evenly over 3 devices."),
    "parts": ("collapse", "split", 3, "A hidden width of 128 cannot be split into 3 equal parts."),
    "expert choice": ("collapse", "router.kind", "expert choice", "a decoder would see its own future"),
    "one gate": ("collapse", "router.k", 1, "With one expert per token a renormalised gate is always 1"),
    "a bias that moves nothing": ("bias", "router.kind", "soft", "has no bias that moves at a speed"),
}  # fmt: skip
BESIDE = {"a bias that moves nothing": "balance.bias_speed"}


@pytest.mark.parametrize("name", BAD)
def test_a_mixture_that_cannot_be_is_refused_beside_its_control(name):
    preset, path, value, said = BAD[name]
    session = Session()
    session.adopt(preset)
    session.edit(f"{MOE}.{path}", value)
    ((beside, sentence),) = session.problems.items()
    assert beside == f"{MOE}.{BESIDE.get(name, path)}"
    assert said in sentence
    assert sentence.endswith(".")
    assert session.config == PRESETS[preset].config  # the last good one


@pytest.mark.parametrize("name", BAD)
def test_a_link_to_a_mixture_that_cannot_be_says_so_and_starts_without(name):
    preset, path, value, said = BAD[name]
    shared = opened({"preset": preset, f"{MOE}.{path}": json.dumps(value)})
    assert shared is not None
    assert shared.raw == raw(preset)
    (sentence,) = shared.sentences
    assert said in sentence
    assert sentence.endswith("It was left out.")


def test_a_link_carries_a_mixture_and_what_was_changed_live():
    session = mixed(1, router="DeepSeek-V3", capacity__factor=1.5)
    session.edit(f"{MOE}.balance.bias_speed", 0.02)
    session.edit(f"{MOE}.capacity.factor", None)
    shared = opened(link("copy", session.raw, lens="experts"))
    assert shared is not None
    assert (shared.raw, shared.lens, shared.sentences) == (session.raw, "experts", ())


def test_a_link_may_name_the_router_before_the_mixture():
    query = f"?preset=copy&{MOE}.router.k=1&{MOE}.router.kind=DeepSeekMoE&{MOE}.experts=6&{MOE}.kind=MoE"
    shared = opened(query)
    assert shared is not None
    assert shared.sentences == ()
    found = leaf(shared.raw, MOE)
    assert (found["experts"], found["router"]["kind"], found["router"]["k"]) == (6, "DeepSeekMoE", 1)
