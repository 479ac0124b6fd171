"""All runs train in step; one that diverged, or is at its own end, holds up no other, and is not ahead of any."""

from __future__ import annotations

import math

import pytest

from playground.comparison.finding import ahead, finding
from playground.comparison.setup import LEAD, Setup
from playground.comparison.trials import Trials
from playground.comparison.variants import changed, variant
from playground.runs.history import Metrics
from playground.runs.run import Run
from tests.playground.remote import LocalAnywhere
from tests.playground.test_comparison import BASE

WILD = changed(BASE, {"training.lr": 1.0, "training.weight_decay": 3.0, "training.clip": 0.0, "training.steps": 200})
CALM = changed(WILD, {"training.lr": 0.001})


def in_step(setup: Setup, anywhere: LocalAnywhere) -> Trials:
    """The job of the page, to its end."""
    steps, over = setup.training(), object()
    anywhere.until(lambda: next(steps, over) is over)
    assert setup.trials is not None
    return setup.trials


@pytest.mark.parametrize("shorter", [0, 1])
def test_runs_that_go_on_and_end_at_different_steps_all_come_to_their_end(shorter):
    long, short = Run(changed(BASE, {"training.steps": 60})), Run(changed(BASE, {"training.lr": 0.001}))
    setup = Setup(anywhere := LocalAnywhere())
    setup.add_runs([("a", short), ("b", long)] if shorter == 0 else [("a", long), ("b", short)])
    trials = in_step(setup, anywhere)
    assert not trials.ended
    assert sorted(trial.step for trial in trials.trials) == [40, 60]
    assert trials.step == 40
    assert [trial.picture["step"] for trial in trials.trials] == [40, 40]  # of the last that all have


def test_a_run_that_diverges_holds_up_no_other_and_is_not_ahead():
    setup = Setup(anywhere := LocalAnywhere())
    setup.begin_with(WILD, "wild")
    setup._variants([setup.wanted[0], variant(WILD, CALM, "calm")])
    trials = in_step(setup, anywhere)
    wild, calm = trials.trials
    assert (wild.step < 200, calm.step, trials.step) == (True, 200, 200)
    assert "not a finite number" in wild.stopped
    title, text = finding(trials, threshold=1.1)
    assert title == "Ahead at step 200: calm"
    assert "wild (diverged)" in text
    for loss in (math.nan, 0.0):  # the weights may overflow just before a measurement
        wild.metrics.append(Metrics(wild.step + 1, loss, 0.0, 0.0, 0.0, loss, 0.0))
        assert ahead(trials) == 1
    calm.stopped = "too"
    assert finding(trials, threshold=1.1)[0] == "All of them diverged"


def compared(steps: int) -> tuple[Setup, LocalAnywhere]:
    anywhere = LocalAnywhere()
    setup = Setup(anywhere)
    setup.begin_with(changed(BASE, {"training.steps": steps}), "base")
    setup.add({"model.position.kind": "ALiBi"})
    return setup, anywhere


def test_no_run_trains_before_all_are_built_nor_far_ahead_of_one_that_stands_still():
    setup, anywhere = compared(5000)
    steps = setup.training()
    next(steps)
    slow, fast = anywhere.jobs
    anywhere.jobs = [fast]
    for _ in range(5):
        anywhere.advance()
        next(steps)
    assert fast.orders == []
    anywhere.jobs = [slow, fast]
    anywhere.until(lambda: next(steps) or setup.trials.step >= 1)
    anywhere.jobs = [fast]
    for _ in range(100):
        anywhere.advance()
        next(steps)
    stands, other = sorted(trial.step for trial in setup.trials.trials)
    assert LEAD <= other <= stands + LEAD + 3 * stands
    steps.close()  # type: ignore[attr-defined]
    assert fast.orders[-2:] == ["rest", "keep"]


def test_what_was_paused_goes_on_in_step_and_not_far_ahead():
    setup, anywhere = compared(5000)
    steps = setup.training()
    anywhere.until(lambda: next(steps) or setup.trials.step >= 60)
    steps.close()  # type: ignore[attr-defined]
    for _ in range(3):
        anywhere.advance()
    resting = [trial.step for trial in setup.trials.trials]
    again = setup.training()
    next(again)
    anywhere.jobs = anywhere.jobs[1:]
    for _ in range(100):
        anywhere.advance()
        next(again)
    stands, other = sorted(trial.step for trial in setup.trials.trials)
    assert other <= stands + LEAD + 3 * (stands - min(resting))


def test_a_job_of_what_is_no_longer_compared_ends_and_trains_nothing():
    setup, anywhere = compared(5000)
    waiting, begun = setup.training(), setup.training()
    next(begun)
    setup.choose("heads")
    assert list(waiting) == list(begun) == []
    assert (setup.trials, anywhere.open, len(anywhere.jobs)) == (None, [], 2)
