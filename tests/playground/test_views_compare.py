"""The values of the Compare page with two, three and four variants: before, during and after training."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from models.cost import cost
from playground.comparison.finding import ahead, finding
from playground.comparison.results import Spread, last
from playground.comparison.setup import Setup
from playground.comparison.trial import Trial
from playground.comparison.variants import changed
from playground.laboratories.compare import charts, table
from playground.laboratories.compare.view import value
from playground.runs.history import Metrics
from playground.runs.run import Run
from playground.visitors.jobs import nowhere
from tests.playground.test_comparison import BASE

STEPS = 40


class Told:
    """Trials that train nothing: each variant learns as fast as the test says."""

    def __init__(self, setup: Setup, reached: int, losses: list[list[float]], first: list[int | None]):
        self.variants, self.seeds, self.built = tuple(setup.matched()[0]), len(losses), True
        self.ended = self.notice = self.wrong = ""
        self.trials = [
            self.trial(v, s, reached, row[v], first[v]) for s, row in enumerate(losses) for v in range(len(row))
        ]
        self.step, self.done = reached, reached >= STEPS

    def trial(self, v: int, s: int, reached: int, loss: float, first: int | None) -> Trial:
        trial = Trial(v, s)
        for step in range(0, reached + 1, 10):
            right = 1.0 if first is not None and step >= first else 0.5
            blank = dict.fromkeys(Metrics._fields)
            trial.metrics.append(
                Metrics(**blank | {"step": step, "loss": loss, "validation_loss": loss, "validation_accuracy": right})  # type: ignore[arg-type]
            )
        trial.seconds, trial.tokens, trial.picture = [0.5] * reached, [0, 100 * reached], {"step": reached}
        return trial

    def of(self, v: int) -> list[Trial]:
        return [t for t in self.trials if t.variant == v]


def compared(many: int) -> Setup:
    setup = Setup(nowhere)
    setup.begin_with(BASE, "base")
    for changes in ({"model.position.kind": "ALiBi"}, {"model.layers": 3}, {"model.attention.kind": "MQA"})[: many - 1]:
        setup.add(changes)
    return setup


def seen(setup: Setup, *, running: bool = False) -> dict[str, Any]:
    told = value(setup, running=running)
    return {k: json.loads(v) if isinstance(v, str) and v and v[0] in "[{" else v for k, v in told.items()}


def figure(setup: Setup, name: str) -> dict[str, Any]:
    return json.loads(charts.value(setup, name)["fig"])


@pytest.mark.parametrize("many", [2, 3, 4])
def test_before_training_the_cards_say_what_each_costs_and_what_differs(many):
    setup = compared(many)
    told = seen(setup)
    assert [c["label"] for c in told["cards"]] == ["base", "ALiBi", "layers 3", "MQA"][:many]
    assert [c["removable"] for c in told["cards"]] == [False] + [True] * (many - 1)
    assert not any(change for *_, change in told["cards"][0]["facts"])
    for card, variant in zip(told["cards"], setup.wanted, strict=True):
        assert card["facts"][0][1] == f"{cost(variant.config.model).parameters:,}"
    assert (told["bar"]["state"], told["bar"]["total"], told["maps"], told["results"]) == ("ready", STEPS, [], {})
    assert told["setup"]["full"] == (many == 4)
    layers = 3 if many > 2 else 2
    assert told["at"] == {"layer": -1, "head": 0, "layers": layers, "heads": 2, "experts": False, "seed": None}
    assert "lines" not in figure(setup, "loss")


def test_one_variant_is_no_comparison_yet():
    assert seen(compared(1))["setup"]["few"]


@pytest.mark.parametrize("many", [2, 3, 4])
def test_while_it_trains_every_variant_has_a_row_a_curve_and_a_picture(many):
    setup = compared(many)
    losses = [1.0 + v for v in range(many)]
    setup.trials = Told(setup, 20, [losses], [None] * many)  # type: ignore[assignment]
    told = seen(setup, running=True)
    assert (told["bar"]["state"], told["bar"]["step"], len(told["maps"])) == ("running", 20, many)
    assert told["bar"]["rate"] == f"{many} × 200"  # 100 tokens in half a second
    assert [row[3]["value"] for row in told["results"]["rows"]] == losses
    assert [row[0]["title"] for row in told["results"]["rows"]] == [f"variant {i}" for i in range(many)]
    assert told["finding"]["title"] == "Ahead at step 20: base"
    drawn = figure(setup, "loss")
    assert [line["y"][-1] for line in drawn["lines"]] == losses
    assert seen(setup)["bar"]["state"] == "paused"


def test_at_the_end_it_is_said_who_got_there_when_and_a_look_back_shows_what_was_known_then():
    setup = compared(3)
    setup.trials = Told(setup, STEPS, [[1.0, 2.0, 3.0]], [30, 20, 40])  # type: ignore[assignment]
    told = seen(setup)
    assert told["bar"]["state"] == "finished"
    assert [mark[0] for mark in told["bar"]["marks"]] == [20, 30, 40]
    assert "ALiBi at 20, base at 30, layers 3 at 40" in told["finding"]["html"]
    assert [row[5]["value"] for row in told["results"]["rows"]] == [30, 20, 40]
    setup.shown = 25
    told = seen(setup)
    assert (told["bar"]["step"], told["bar"]["last"], told["bar"]["looking"]) == (25, STEPS, True)
    assert [row[5] and row[5]["value"] for row in told["results"]["rows"]] == [None, 20, None]
    assert told["results"]["title"] == "Results at step 25"
    assert figure(setup, "accuracy")["cursor"] == [25, ""]


@pytest.mark.parametrize(
    ("losses", "who", "title"),
    [
        ([[1.0, 2.0], [1.1, 1.2], [1.0, 3.0]], 0, "Ahead at step 20: base"),
        ([[1.0, 2.0], [1.3, 1.2], [1.0, 3.0]], None, "Level at step 20"),
        ([[1.0, 1.005]], 0, "No difference to be seen yet"),
    ],
)
def test_ahead_is_who_is_ahead_with_every_seed(losses, who, title):
    setup = compared(2)
    setup.seeds = len(losses)
    setup.trials = Told(setup, 20, losses, [None, None])  # type: ignore[assignment]
    assert ahead(setup.trials) == who  # type: ignore[arg-type]
    assert finding(setup.trials)[0].startswith(title)  # type: ignore[arg-type]
    bands = [line for line in figure(setup, "loss")["lines"] if "low" in line]
    assert len(bands) == (2 if len(losses) > 1 else 0)


def test_what_all_share_is_said():
    setup = compared(2)
    assert seen(setup)["setup"]["shared"] == (
        "For all: copy, 40 updates of 8 examples, the same batches in the same order; seed 0; tested on the same "
        "held-out examples."
    )
    setup.seeds = 3
    assert "seeds 0 to 2" in seen(setup)["setup"]["shared"]
    assert seen(setup)["at"]["seed"] == 0  # the first one's pictures


def test_runs_that_go_on_with_other_seeds_are_not_said_to_see_the_same_batches():
    setup = Setup(nowhere)
    runs = [Run(BASE), Run(changed(BASE, {"seed": 4, "model.position.kind": "ALiBi"}))]
    setup.add_runs([("a", runs[0]), ("b", runs[1])])
    shared = seen(setup)["setup"]["shared"]
    assert "same batches" not in shared
    assert "each with its own seed (0, 4)" in shared


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_neither_shown_nor_best(number):
    setup = compared(2)
    trials: Any = Told(setup, 20, [[2.0, 1.0]], [None, None])
    wild = trials.trials[1].metrics
    wild[-1] = wild[-1]._replace(validation_loss=number)
    assert last(trials.trials[1], 20) == 1.0
    assert last(trials.trials[1], 10) == 1.0
    wild[:] = wild[-1:]
    rows = table.rows(trials, 20)["rows"]
    assert rows[1][3] is None
    assert finding(trials)[0] != "Ahead at step 20: ALiBi"


def test_what_is_looked_at_is_said_with_what_was_wrong():
    setup = compared(2)
    told = seen(setup)["word"]
    assert (told["own"], told["problem"], told["most"]) == (False, "", 400)
    assert len(told["text"]) == 12  # of the task's own probe
    setup.worded("abca")
    setup.wrong = "no"
    assert {k: seen(setup)["word"][k] for k in ("text", "own", "problem")} == {
        "text": "abca",
        "own": True,
        "problem": "no",
    }


@pytest.mark.parametrize(
    ("spreads", "sign", "best"),
    [
        ([(3.0, 0.0), (2.0, 0.0)], 1, 1),
        ([(3.0, 0.0), (2.0, 0.0)], -1, 0),
        ([(3.0, 0.4), (2.0, 0.7)], 1, None),  # nearer than their deviations together
        ([(3.0, 0.4), (2.0, 0.5)], 1, 1),
        ([(3.0, 0.0), (2.0, 0.0), (2.5, 0.6)], 1, None),
        ([(3.0, 0.0), None], 1, 0),
        ([(2.0, 0.0), (2.0, 0.0)], 1, None),
        ([None, None], 1, None),
    ],
)
def test_the_best_is_ahead_by_more_than_the_deviations(spreads, sign, best):
    assert table.ahead([s and Spread(*s, seeds=2) for s in spreads], 2, sign) == best


def test_the_best_is_marked_only_where_all_seeds_have_the_number_and_the_text_differs():
    assert table.ahead([Spread(1.0, 0.0, 1), Spread(2.0, 0.0, 2)], 2, 1) is None
    setup = compared(3)
    setup.trials = Told(setup, STEPS, [[1.0, 1.0001, 3.0]], [30, 20, None])  # type: ignore[assignment]
    marked = [[bool(cell and cell.get("best")) for cell in row[3:6]] for row in seen(setup)["results"]["rows"]]
    assert marked == [[False, False, False], [False, False, True], [False, False, False]]


def test_a_finished_comparison_whose_models_are_gone_has_not_failed():
    setup = compared(2)
    assert seen(setup, running=True)["bar"]["state"] == "starting"
    trials: Any = Told(setup, STEPS, [[1.0, 2.0]], [None, None])
    setup.trials, trials.notice, trials.wrong = trials, "They are gone.", "No picture."
    told = seen(setup, running=True)  # as it is while the last pictures are on their way
    assert (told["bar"]["state"], told["bar"]["notice"]) == ("finished", "They are gone.")
    assert told["word"]["problem"] == "No picture."
    trials.ended = "Over."
    told = seen(setup)
    assert (told["bar"]["state"], told["bar"]["notice"]) == ("failed", "Over.")
