"""A comparison rests when its tab closes, and its processes end when nobody comes back."""

from __future__ import annotations

import time

from playground.comparison.variants import changed
from playground.visitors.sessions import KEPT, Sessions
from tests.playground.test_comparison import BASE, wait


def test_a_comparison_rests_when_its_tab_closes_and_its_processes_end_when_nobody_comes_back():
    sessions = Sessions()
    setup = sessions.attach("tab", "0" * 32).compare
    setup.begin_with(changed(BASE, {"training.steps": 5000}), "base")
    setup.add({"model.position.kind": "ALiBi"})
    setup.press(running=True)
    trials = setup.start(1)
    processes = [worker.process for worker in trials.workers]
    try:
        trials.train(5000)
        wait(trials, lambda: trials.step >= 3)
        turn = setup.turn
        sessions.leave("tab")
        assert (setup.running, setup.turn > turn) == (False, True)
        trials.look(0)  # answered after the order to rest
        trials.settle(30)
        resting = [trial.step for trial in trials.trials]
        time.sleep(0.3)
        trials.look(0)
        trials.settle(30)
        assert [trial.step for trial in trials.trials] == resting
        assert sessions.attach("again", "0" * 32).compare.trials is trials  # a reload finds it
        sessions.leave("again")
        assert [process.poll() for process in processes] == [None]
        assert sessions.sweep(time.monotonic() + KEPT + 1) == 1
        assert all(process.poll() is not None for process in processes)
        assert not any(worker.reader.is_alive() for worker in trials.workers)
    finally:
        trials.close()


def test_a_tab_that_comes_back_before_the_farewell_of_the_old_page_finds_its_comparison_resting():
    sessions = Sessions()
    setup = sessions.attach("old", "0" * 32).compare
    turn = setup.press(running=True)
    sessions.attach("new", "0" * 32)
    assert not setup.running
    assert setup.turn > turn  # which ends the stream of the old page
