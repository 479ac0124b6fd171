"""The session's run: presses, budgets, divergence, and looking at it through probes."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from models import Ablate
from playground.interventions.ablation import Ablation
from playground.visitors.session import training as module
from tests.playground.small import tiny, trained


def test_the_newest_press_wins_in_whatever_order_they_arrive():
    session = tiny()
    assert session.claim(2)
    assert not session.claim(1)
    assert session.claim(2)
    assert session.claim(3)


def test_training_ends_when_it_is_told_and_with_another_press():
    session = tiny()
    session.claim(1)
    over = threading.Event()
    trainer = threading.Thread(target=session.keep_training, args=(1, over))
    trainer.start()
    while not session.run or session.run.step < 3:
        time.sleep(0.01)
    assert session.rate > 0
    assert session.used > 0
    over.set()
    trainer.join()
    reached = session.run.step
    session.keep_training(0, threading.Event())  # not the newest press
    session.stop()
    session.keep_training(1, threading.Event())  # no longer the newest
    assert session.run.step == reached


def test_whoever_wants_to_look_goes_before_the_next_step():
    session, over = tiny(), threading.Event()
    session.claim(1)
    trainer = threading.Thread(target=session.keep_training, args=(1, over))
    trainer.start()
    while not session.run or session.run.step < 3:
        time.sleep(0.01)
    with session.held():
        before = session.run.step
        time.sleep(0.05)
        assert session.run.step == before
    over.set()
    trainer.join()
    assert session.wanted == 0


def test_the_budget_of_steps_ends_a_run_with_a_sentence():
    session = tiny(training__steps=3)
    assert session.budget_left() == ""
    session.claim(1)
    session.keep_training(1, threading.Event())
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
    session.claim(1)
    session.keep_training(1, threading.Event())
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
    session.ablation = Ablation(session.run, (edit,), "Without L1 H0")
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
        session.ablation = Ablation(session.run, (Ablate(stack, 0, part, 1),), "Without it")
        for drawn in ("encoder", "decoder", "cross"):
            session.which = drawn
            assert session.removed() == ((0, 1) if drawn == its else (-1, -1))
    session.ablation = Ablation(session.run, (Ablate("decoder", 0, "self_attention"),), "Without all of it")
    assert session.removed() is None
