"""The session's run: presses, budgets, divergence, and looking at it through probes."""

from __future__ import annotations

import numpy as np
import pytest

from models import Ablate
from playground.interventions.ablation import ablated
from playground.lenses.learning import view as learning
from playground.runs import run as run_module
from playground.runs.evaluation import measuring
from playground.visitors.session import looking
from playground.visitors.session import training as module
from tests.playground.jobs import advance, finish
from tests.playground.small import tiny, trained


def test_training_goes_on_slice_by_slice_until_it_is_stopped():
    session = tiny()
    session.train()
    assert session.building
    assert session.running
    advance(session, "train")
    assert (session.building, session.run.step) == (False, 1)
    advance(session, "train", 2)
    assert session.run.step == 3
    assert session.rate > 0
    assert session.used > 0
    session.stop()
    assert not session.running
    assert not session.jobs


REPLACES = {
    "reset": lambda s: s.rebuild(),
    "another preset": lambda s: (s.adopt("copy"), s.train(anew=True)),
    "a fork": lambda s: s.replace(s.forking()),
    "a file": lambda s: s.replace(s.uploading(s.dump(1)[1])),
}


@pytest.mark.parametrize("replace", REPLACES.values(), ids=REPLACES)
def test_no_update_of_the_training_before_touches_the_run_that_replaces_it(replace):
    session = tiny()
    session.train()
    advance(session, "train", 4)
    old, before = session.run, session.jobs.running["train"]
    reached = old.step
    replace(session)
    with pytest.raises(StopIteration):
        next(before.steps)  # it is closed, whoever still holds it
    finish(session, "open")
    if "train" in session.jobs:
        advance(session, "train")
    assert session.run is not old
    assert session.run.step in (0, 1, reached)
    assert old.step == reached


def test_a_pause_gets_no_update_after_it():
    session = tiny()
    session.train()
    advance(session, "train", 4)
    before, reached = session.jobs.running["train"], session.run.step
    session.stop()
    with pytest.raises(StopIteration):
        next(before.steps)
    assert session.run.step == reached


def test_of_several_presses_the_last_one_counts():
    session = trained(2)
    first = session.run
    session.train(anew=True)
    session.stop()
    assert (session.run, session.building) == (first, False)
    session.train(anew=True)
    session.train()  # play, before the new run is built: it is still the new one
    advance(session, "train", 2)
    assert session.run is not first
    session.replace(session.reopening(1))
    session.train()
    finish(session, "open")
    advance(session, "train")
    assert session.run is not first


def test_every_press_of_step_is_one_update_and_ends_what_trains():
    session = tiny()
    session.train()
    advance(session, "train", 3)
    reached = session.run.step
    for _ in range(3):
        session.one_step()
    assert not session.running
    finish(session, "train")
    assert session.run.step == reached + 3
    session.one_step()
    finish(session, "train")
    assert session.run.step == reached + 4
    fresh = tiny()
    fresh.one_step()
    finish(fresh, "train")
    assert fresh.run.step == 1


def test_an_error_that_nobody_expected_ends_the_training_with_a_sentence(monkeypatch):
    session = trained(3)

    def fail() -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(session.run, "advancing", fail)
    session.train()
    finish(session, "train")
    assert not session.running
    assert session.notice == (
        "Stopped: this machine has no memory left for it. A smaller model, batch or length needs less. The run is at "
        "step 3. Change a setting, or press play to try again."
    )
    monkeypatch.undo()
    session.train()
    advance(session, "train", 2)
    assert session.run.step == 5


@pytest.mark.parametrize("steps", [0, 3])
def test_a_run_that_cannot_be_built_leaves_the_one_there_is(monkeypatch, steps):
    session = trained(steps)
    run = session.run

    def fail(config: object, **how: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(looking, "Run", fail)
    for press in (lambda: session.train(anew=True), session.rebuild):
        press()
        finish(session, "train")
        finish(session, "open")
        assert session.run is run
        assert not session.building
        assert session.notice.startswith("Stopped: this machine has no memory left for it.")
    monkeypatch.undo()
    session.rebuild()
    finish(session, "open")
    assert session.run is not run


def test_the_budget_of_steps_ends_a_run_with_a_sentence():
    session = tiny(training__steps=3)
    assert session.budget_left() == ""
    session.train()
    finish(session, "train")
    assert session.run.step == 3
    assert session.budget_left().startswith("Step budget of 3")


def test_no_number_of_steps_goes_past_the_pages(monkeypatch):
    monkeypatch.setattr(module, "STEPS", 2)
    session = trained(2)
    assert session.budget_left().startswith("Step budget of 2")


def test_the_budget_of_seconds_ends_a_run_with_a_sentence():
    session = trained(1)
    session.used = module.SECONDS
    assert "minutes of computing" in session.budget_left()
    session.restart()
    assert session.budget_left() == ""


def test_a_divergence_is_kept_for_the_page_to_show():
    session = tiny(training__optimizer="SGD", training__beta1=0.99, training__warmup=0)
    run = session.start()
    run.retune(lr=10.0)
    session.train()
    finish(session, "train")
    assert run.diverged is not None
    assert session.run is run
    assert run.step < run.training.steps


def test_looking_back_shows_the_nearest_kept_picture():
    session = trained(10)
    assert session.look().step == 10
    session.shown = 4
    assert session.look() is session.run.history.snapshots[1]
    assert session.look().step == 5
    session.use_probe("own", "abcdab")
    assert session.look().step == 10  # a probe of one's own was not recorded


def test_a_probe_of_ones_own_is_seen_by_the_model_as_it_is():
    session = tiny()
    session.use_probe("own", "abcd")
    batch = session.seen_through()[0].batch
    words = session.run.task.vocabulary
    assert "".join(words[i] for i in batch.ids_BT[0][:6].tolist()) == "abcdab"
    session.use_probe("0")
    assert session.seen_through()[0] is session.run.probe


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("own", "a" * 401, "401"), ("own", "aé", "does not know"), ("nope", None, "no probe called")],
    ids=["too long", "unknown token", "unknown name"],
)
def test_a_probe_that_cannot_be_is_refused_and_the_old_one_stays(name, text, said):
    session = tiny()
    with pytest.raises(ValueError, match=said):
        session.use_probe(name, text)
    assert session.probe_name == "0"
    assert session.seen_through()[0] is session.run.probe


def test_every_named_probe_of_a_task_can_be_looked_through():
    session = tiny()
    for named in session.start().task.probes:
        session.use_probe(named.name)
        assert session.look().maps["decoder"].shape == (2, 2, 32, 32)


@pytest.mark.parametrize(
    ("topology", "chosen", "expected"),
    [
        ("decoder-only", "encoder", "decoder"),
        ("encoder-only", "", "encoder"),
        ("encoder-decoder", "cross", "cross"),
        ("encoder-decoder", "", "decoder"),
    ],
)
def test_the_stack_drawn_is_one_that_there_is(topology, chosen, expected):
    session = tiny("copy", **{"model.topology": topology})
    session.start()
    session.which = chosen
    assert session.which_stack() == expected


def test_an_ablation_is_measured_and_changes_what_is_seen():
    session = trained(20)
    before = session.look()
    edit = Ablate("decoder", 1, "self_attention", 0)
    session.ablation = ablated(session.run, (edit,), "Without L1 H0")
    after = session.look()
    whole, without = session.run.evaluate(), session.run.evaluate((edit,))
    assert session.ablation.before.mean() == pytest.approx((whole.loss, whole.accuracy), rel=1e-5)
    assert session.ablation.after.mean() == pytest.approx((without.loss, without.accuracy), rel=1e-5)
    assert session.ablation.change.loss == pytest.approx(without.loss - whole.loss, rel=1e-3)
    assert whole.loss != without.loss
    assert 0 < session.ablation.change.loss_error < (whole.error**2 + without.error**2) ** 0.5  # paired
    assert np.array_equal(before.maps["decoder"], after.maps["decoder"])  # nothing before the last layer's mix changed
    assert not np.array_equal(before.top_probs, after.top_probs)
    session.restart()
    assert session.ablation is None


def test_a_removed_head_is_crossed_out_in_its_own_attention_alone():
    session = tiny("reverse", **{"model.topology": "encoder-decoder"})
    session.start()
    assert session.removed() is None
    for part, stack, its in (
        ("self_attention", "encoder", "encoder"),
        ("self_attention", "decoder", "decoder"),
        ("cross_attention", "decoder", "cross"),
    ):
        session.ablation = ablated(session.run, (Ablate(stack, 0, part, 1),), "Without it")
        for drawn in ("encoder", "decoder", "cross"):
            session.which = drawn
            assert session.removed() == ((0, 1) if drawn == its else (-1, -1))
    session.ablation = ablated(session.run, (Ablate("decoder", 0, "self_attention"),), "Without all of it")
    assert session.removed() is None


def test_the_first_picture_of_training_comes_before_held_out_examples_are_measured(monkeypatch):
    session = tiny()
    session.train()
    measured = []
    monkeypatch.setattr(run_module, "measuring", lambda *args, **of: measured.append(args) or measuring(*args, **of))
    advance(session, "train")
    assert (session.run.step, measured) == (1, [])
    assert session.run.unmeasured
    value = learning.value(session)
    assert value["finding"]["title"] == "The first update is made"
    advance(session, "train")
    assert (session.run.step, len(measured)) == (2, 1)
    assert session.run.history.metrics[0].validation_loss is not None
    assert "held-out" in learning.value(session)["finding"]["html"]


@pytest.mark.parametrize("before", [0, 3])
def test_a_run_whose_first_update_fails_is_not_the_pages(monkeypatch, before):
    session = trained(before) if before else tiny()
    old = session.run

    def fail(self: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(run_module.Run, "_update", fail)
    session.train(anew=True)
    finish(session, "train")
    assert session.run is old
    assert session.notice.startswith("Stopped: this machine has no memory left for it.")
    assert not session.building
