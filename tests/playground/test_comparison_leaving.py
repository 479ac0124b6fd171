"""A comparison rests when its page stops it, and its runs end with the session."""

from __future__ import annotations

from playground.comparison.variants import changed
from playground.visitors.session import Session
from tests.playground.remote import LocalAnywhere, live
from tests.playground.test_comparison import BASE


def test_a_comparison_rests_when_its_job_is_cancelled_and_its_runs_end_with_the_session():
    session = Session(anywhere := LocalAnywhere())
    setup = session.compare
    setup.begin_with(changed(BASE, {"training.steps": 5000}), "base")
    setup.add({"model.position.kind": "ALiBi"})
    session.jobs.begin("compare", setup.training(), print)
    live(session, anywhere, lambda: setup.trials is not None and setup.trials.step >= 3)
    trials = setup.trials
    session.jobs.cancel("compare")
    anywhere.advance()  # the update in hand
    resting = [trial.step for trial in trials.trials]
    for _ in range(10):
        anywhere.advance()
    assert [trial.step for trial in trials.trials] == resting
    assert (setup.trials, trials.ended, len(anywhere.open)) == (trials, "", 2)  # a reload finds it
    session.free()
    assert anywhere.open == []
