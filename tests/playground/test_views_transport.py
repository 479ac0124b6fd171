"""The transport's value: its states, numbers, marks and notes."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from playground.views import transport
from playground.views.transport import LEVELS, SPARK, spark, state, value
from playground.visitors.session import Session
from tests.playground.jobs import advance, finish
from tests.playground.small import tiny, trained


def diverged() -> Any:
    session = trained(2, training__optimizer="SGD", training__beta1=0.99, training__warmup=0)
    session.run.retune(lr=10.0)
    session.train()
    finish(session, "train")
    return session


def test_a_session_without_a_run_plays_the_recording():
    told = value(Session())
    assert (told["state"], told["step"], told["loss"], told["reason"]) == ("replay", 0, None, "recorded, not running")
    assert told["total"] == 600


def test_pictures_that_are_not_of_the_model_to_come_are_held_with_the_reason():
    session = trained(2)
    assert value(session)["held"] == ""
    session.train(anew=True)
    told = value(session)
    assert (told["state"], told["step"], told["rate"]) == ("running", 0, 0)
    assert told["held"].startswith("Building 2 layers, ")
    assert told["held"].endswith(" parameters.")
    assert told["words"].startswith("building ")
    advance(session, "train")
    assert value(session)["held"] == value(session)["words"] == ""


def test_a_run_that_is_built_to_rest_is_no_running_one():
    session = trained(2)
    session.rebuild()
    told = value(session)
    assert told["state"] == "ready"
    assert told["held"]
    finish(session, "open")
    told = value(session)
    assert (told["state"], told["held"], told["step"]) == ("ready", "", 0)


def test_the_rate_is_told_while_the_run_trains_alone():
    session = trained(1)
    session.train()
    advance(session, "train", 3)
    assert value(session)["rate"] > 0
    session.stop()
    assert value(session)["rate"] == 0


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda s: None, "paused"),
        (lambda s: s.restart(), "ready"),
        (lambda s: s.train(), "running"),
        (lambda s: s.one_step(), "paused"),
        (lambda s: setattr(s, "shown", 5), "past"),
        (lambda s: setattr(s, "shown", 10), "paused"),
        (lambda s: s.edit("training.steps", 10), "finished"),
    ],
    ids=["paused", "ready", "running", "one step", "past", "looking at the newest", "finished"],
)
def test_every_state_is_told_from_what_the_session_does(act, expected):
    session = trained(10)
    act(session)
    assert state(session) == value(session)["state"] == expected


def test_the_numbers_are_those_of_the_step_shown():
    session = trained(10)
    history = session.run.history.metrics
    now = value(session)
    assert (now["step"], now["last"], now["total"]) == (10, 10, 600)
    assert now["loss"] == pytest.approx(history[10].loss, rel=1e-3)
    session.shown = 4
    assert (value(session)["step"], value(session)["loss"]) == (4, pytest.approx(history[4].loss, rel=1e-3))


def test_every_value_has_a_number_above_the_one_before_it():
    session = tiny()
    numbers = [value(session)["n"] for _ in range(3)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "act",
    [lambda s: None, lambda s: s.train(anew=True), lambda s: setattr(s, "notice", "Hm.")],
    ids=["plain", "building", "notice"],
)
def test_a_value_is_small_json_with_the_same_fields_with_and_without_a_run(act):
    sessions = [Session(), trained(10)]
    for session in sessions:
        act(session)
    values = [value(session) for session in sessions]
    assert values[0].keys() == values[1].keys()
    assert all(len(json.dumps(told, allow_nan=False)) < 1500 for told in values)


def test_a_divergence_is_told_with_what_to_do_about_it():
    session = diverged()
    told = value(session)
    note = json.loads(told["note"])
    assert told["state"] == "diverged"
    assert note["title"].startswith(f"Stopped at step {session.run.diverged.step}: the ")
    assert note["text"].startswith("Last finite: loss ")
    assert note["text"].endswith("too large for this model.")
    before = max(kept.step for kept in session.run.history.snapshots if kept.step < session.run.step)
    assert note["actions"] == [["halve", "Halve it to 5 and retry"], ["back", f"Look back at step {before}"]]


def test_a_divergence_at_the_first_step_has_nothing_to_look_back_at():
    session = diverged()
    session.run.step = 0
    assert [name for name, _ in json.loads(value(session)["note"])["actions"]] == ["halve"]


def test_a_finished_run_says_why_and_how_much_more_it_may_do():
    session = trained(10, training__steps=10)
    told = value(session)
    assert told["reason"].startswith("Step budget of 10 used")
    assert told["more"] == 10


def test_marks_are_the_changes_and_the_fall_in_order():
    session = trained(5)
    session.edit("training.lr", 0.01)
    assert transport.marks(session) == [[5, "learning rate 0.003 → 0.01"]]
    history = session.run.history
    history.metrics[:] = [history.metrics[0]._replace(step=s, loss=3.0 if s < 100 else 0.5) for s in range(200)]
    assert transport.marks(session) == [[5, "learning rate 0.003 → 0.01"], [100, "loss drops"]]
    assert transport.marks(Session()) == []


def test_the_sparkline_goes_from_the_largest_loss_to_the_smallest():
    drawn = spark([4.0, 3.0, 2.0, 1.0])
    assert len(drawn) == SPARK
    assert (drawn[0], drawn[-1]) == ("n", "0")
    assert list(drawn) == sorted(drawn, reverse=True)
    assert ord(drawn[SPARK // 2]) - 48 == pytest.approx(LEVELS / 2, abs=1)


@pytest.mark.parametrize(
    ("losses", "drawn"),
    [([], ""), ([1.0], ""), ([2.0, 2.0], "0" * SPARK), ([math.nan, math.nan], "0" * SPARK)],
    ids=["none", "one", "flat", "no numbers"],
)
def test_a_sparkline_without_a_slope(losses, drawn):
    assert spark(losses) == drawn


def test_a_sparkline_of_losses_beyond_all_bounds_is_drawn():
    drawn = spark([1e308, -1e308, math.inf, 1.0])
    assert (drawn[0], min(drawn), len(drawn)) == ("n", "0", SPARK)


def test_the_newest_press_that_was_answered_is_told():
    session = tiny()
    session.answered = 7
    assert value(session)["answers"] == 7
    session.start()
    assert value(session)["answers"] == 7
