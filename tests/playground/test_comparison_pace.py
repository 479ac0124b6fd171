"""A run that diverged, or is at its own end, holds up no other, and is not ahead of any."""

from __future__ import annotations

import math

import pytest

from playground.comparison.finding import ahead, finding
from playground.comparison.setup import Setup
from playground.comparison.trials import Trials
from playground.comparison.variants import changed, variant
from playground.runs.history import Metrics
from playground.runs.run import Run
from tests.playground.test_comparison import BASE, wait

WILD = changed(BASE, {"training.lr": 1.0, "training.weight_decay": 3.0, "training.clip": 0.0, "training.steps": 200})
CALM = changed(WILD, {"training.lr": 0.001})


def in_step(trials: Trials, setup: Setup) -> None:
    """What the page does, without its pauses."""

    def on() -> bool:
        trials.train(min(setup.total, trials.pace + 20))
        return trials.done

    wait(trials, on)


@pytest.mark.parametrize("shorter", [0, 1])
def test_runs_that_go_on_and_end_at_different_steps_all_come_to_their_end(shorter):
    long, short = Run(changed(BASE, {"training.steps": 60})), Run(changed(BASE, {"training.lr": 0.001}))
    setup = Setup()
    setup.add_runs([("a", short), ("b", long)] if shorter == 0 else [("a", long), ("b", short)])
    trials = setup.start(1)
    try:
        in_step(trials, setup)
        assert not trials.ended
        assert sorted(trial.step for trial in trials.trials) == [40, 60]
        assert trials.step == 40
    finally:
        setup.close()


def test_a_run_that_diverges_holds_up_no_other_and_is_not_ahead():
    setup = Setup()
    setup.begin_with(WILD, "wild")
    setup._variants([setup.wanted[0], variant(WILD, CALM, "calm")])
    trials = setup.start(1)
    try:
        in_step(trials, setup)
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
    finally:
        setup.close()


def test_one_press_is_trained_by_one_stream():
    setup = Setup()
    assert not setup.take()
    setup.press(running=True)
    assert [setup.take(), setup.take()] == [True, False]
    setup.press(running=True)
    assert setup.take()
    setup.press(running=False)
    assert not setup.take()
