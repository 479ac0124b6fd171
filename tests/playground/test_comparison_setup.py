"""What is compared is chosen, matched, added to and taken from; what trained before ends with it."""

from __future__ import annotations

import pytest

from playground.comparison.ready import READY
from playground.comparison.setup import FIRST, Setup
from playground.runs.run import Run
from playground.settings.presets import PRESETS
from playground.visitors.jobs import nowhere
from tests.playground.test_comparison import BASE


class Ended:
    ended = ""

    def close(self) -> None:
        self.ended = "closed"


def test_a_ready_comparison_brings_its_variants_and_its_match():
    setup = Setup(nowhere)
    assert setup.name == FIRST
    setup.choose("active")
    assert setup.what == READY["active"].match == "active"
    found, said = setup.matched()
    assert [v.label for v in found] == ["dense", "8 experts"]
    assert said[0] == ""
    assert "active parameters" in said[1]
    with pytest.raises(ValueError, match="no comparison called"):
        setup.choose("everything")


def test_variants_of_the_current_run_are_added_and_removed():
    setup = Setup(nowhere)
    setup.begin_with(BASE, "the run")
    setup.add({"model.position.kind": "ALiBi"})
    setup.add({"model.layers": 1}, "one layer")
    assert [v.label for v in setup.wanted] == ["the run", "ALiBi", "one layer"]
    assert setup.wanted[2].name == "layers: 2 → 1"
    setup.remove(1)
    setup.remove(0)  # the base stays
    assert [v.label for v in setup.wanted] == ["the run", "one layer"]
    with pytest.raises(ValueError, match="the same run"):
        setup.add({"model.layers": 1})
    with pytest.raises(ValueError, match="different tasks"):
        setup.add({"task.length": 5})
    with pytest.raises(ValueError, match="no setting called"):
        setup.add({"model.wings": 5})
    setup.add({"model.layers": 3})
    setup.add({"model.layers": 4})
    with pytest.raises(ValueError, match="up to 4 variants"):
        setup.add({"model.layers": 5})
    assert len(setup.wanted) == 4


@pytest.mark.parametrize(
    "act",
    [
        lambda s: s.choose("heads"),
        lambda s: s.matched_by("parameters"),
        lambda s: s.seeded(3),
        lambda s: s.remove(1),
        lambda s: s.begin_with(BASE, "run"),
        lambda s: s.add({"model.layers": 1}),
    ],
)
def test_what_trains_ends_when_something_else_is_compared(act):
    setup, running = Setup(nowhere), Ended()
    setup.trials, setup.shown, before = running, 3, setup.round
    act(setup)
    assert (setup.trials, setup.shown, running.ended) == (None, None, "closed")
    assert setup.round > before


def test_bounds_hold_whatever_is_sent():
    setup = Setup(nowhere)
    setup.seeded(1000)
    assert setup.seeds == 5
    with pytest.raises(ValueError, match="Match nothing"):
        setup.matched_by("weights")
    with pytest.raises(ValueError, match="2 to 4 variants"):
        only(BASE).start()


def only(config) -> Setup:
    setup = Setup(nowhere)
    setup.begin_with(config, "alone")
    return setup


def test_runs_that_go_on_keep_what_they_learned():
    run = Run(BASE)
    list(run.train(5))
    fork = run.fork(changes={"training.lr": 0.01})
    setup = Setup(nowhere)
    setup.add_runs([("run", run), ("fork", fork)])
    assert all(v.file for v in setup.wanted)
    assert setup.wanted[1].name == "learning rate: 0.005 → 0.01"
    with pytest.raises(ValueError, match="different tasks"):
        setup.add_runs([("run", run), ("other", Run(PRESETS["reverse"].config))])
    assert setup.wanted[0].label == "run"


def test_where_there_are_no_workers_it_is_said_and_nothing_trains():
    setup = Setup(nowhere)
    assert list(setup.training()) == []
    assert "no workers" in setup.problem
    assert setup.trials is None


def test_what_was_matched_is_worked_out_again_when_something_else_is_wanted():
    setup = Setup(nowhere)
    setup.choose("active")
    assert setup.matched() is setup.matched()
    before = setup.matched()[0]
    setup.matched_by("parameters")
    assert setup.matched()[0] != before
    setup.remove(1)
    assert len(setup.matched()[0]) == 1
