"""The sentence at the top of the Experts lens: each rule from a case made for it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from models.mixture import MoE
from playground.findings.finding import Finding
from playground.lenses.experts.finding import finding
from playground.measures.routing import Information
from playground.runs.history import History, Mark
from playground.runs.loads import Routed
from playground.tasks.base import Batch
from tests.playground.mixed import MOE, routing


def seen(demand: Sequence[int], *, step: int = 10, capacity: int | None = None, shared: int = 0) -> Routed:
    """One layer whose experts were asked for so often."""
    chosen = [[e] for e, times in enumerate(demand) for _ in range(times)]
    ids = torch.zeros(1, len(chosen), dtype=torch.int64)
    layer = routing(chosen, experts=len(demand), capacity=capacity)
    return Routed(step, Batch(ids, ids), ("L1",), (layer,), (("decoder", 1),), MoE(shared=shared))


def told(demand: Sequence[int], *, history: History | None = None, step: int = 10, **more) -> Finding:
    return finding(history or History(), seen(demand, **more), 0, step)


def test_full_experts_come_first():
    found = told([60, 20, 12, 8], capacity=18)
    assert found.title == "2 of 4 experts of L1 are full; 44.0 % of the choices are dropped"
    assert found.html.startswith("A token without a slot gets nothing from the experts of L1")


def test_a_token_without_a_seat_still_has_the_shared_experts():
    assert told([60, 20, 12, 8], capacity=18, shared=1).html.startswith(
        "A token without a slot has only the shared experts of L1."
    )


def test_a_choice_or_two_without_a_seat_is_nothing_to_say():
    found = told([101, 100, 100, 99], capacity=100)
    assert "full;" not in found.title
    assert found.html == "Hardly a choice is dropped, nothing is idle."


def test_dead_experts_come_before_the_busy_one():
    found = told([90, 10, 0, 0])
    assert found.title == "2 of 4 experts of L1 are dead; E0 takes 3.6 times its share"
    assert found.html.startswith("No token chooses them, so nothing teaches them.")
    assert told([900, 100, 0, 1]).html.startswith("Hardly a token chooses them")


def test_one_expert_that_takes_over_is_named():
    found = told([4, 4, 4, 4, 80, 4, 4, 4])
    assert found.title == "E4 of L1 takes 5.9 times its share"
    assert found.html.startswith("The other 7 experts divide the rest.")


def informed(share: float, step: int) -> History:
    history = History()
    history.loads.keep(seen([5, 5, 5, 5], step=step), ({"task": Information(share, 0.03)},))
    return history


def test_experts_that_tell_the_task_are_specialists():
    found = told([30, 25, 25, 20], history=informed(0.52, 5))
    assert found.title == "L1 sorts by task: the expert tells 52 % of it"
    assert found.html.startswith("By chance it would tell 3 %.")
    assert "sorts" not in told([30, 25, 25, 20], history=informed(0.39, 5)).title
    assert "sorts" not in told([30, 25, 25, 20], history=informed(0.52, 11)).title  # later than what is looked at


def test_an_even_load_is_said_to_be_even():
    found = told([30, 25, 25, 20])
    assert found == (
        "All 4 experts of L1 are busy; the fullest has 1.2 times its share",
        "Nothing is dropped, nothing is idle.",
    )


def test_what_is_neither_even_nor_collapsed_is_uneven():
    assert told([60, 10, 10, 20]).title == "The load of L1 is uneven: E0 has 2.4 times its share"


def changed(at: int, path: str = "balance.auxiliary", more: str = "") -> History:
    """One expert alone for twenty updates, and a change after some."""
    history = History()
    for step in range(1, 21):
        history.loads.keep(seen([97, 1, 1, 1] if step <= at else [40, 20, 20, 20], step=step))
    history.changes.append((at, f"{MOE}.{path}", 0.1))
    history.marks.append(Mark(at, "auxiliary loss 0 → 0.1"))
    if more:
        history.changes.append((at, more, 0.001))
        history.marks.append(Mark(at, "learning rate 0.003 → 0.001"))
    return history


def test_what_a_change_did_to_the_load_is_told_with_a_link_to_it():
    found = told([30, 25, 25, 20], history=changed(7), step=20)
    assert found.html == (
        'Since <a data-do="step:7">step 7</a> (auxiliary loss 0 → 0.1) the largest load went from 3.9 to 1.2 times the '
        "mean, dead experts from 0 to 0."
    )


def test_a_change_that_is_yet_to_act_is_not_told():
    assert "Since" not in told([30, 25, 25, 20], history=changed(7), step=7).html
    assert "Since" not in told([30, 25, 25, 20], history=changed(0), step=20).html  # nothing came before it


def test_a_change_of_the_training_is_no_cause_of_loads():
    history = changed(7, more="training.lr")
    assert "(auxiliary loss 0 → 0.1)" in told([30, 25, 25, 20], history=history, step=20).html
    del history.changes[0], history.marks[0]
    assert "Since" not in told([30, 25, 25, 20], history=history, step=20).html


def test_two_changes_at_one_step_are_both_named():
    history = changed(7)
    history.changes.append((7, f"{MOE}.capacity.factor", 2.0))
    history.marks.append(Mark(7, "capacity factor 1 → 2"))
    assert "(auxiliary loss 0 → 0.1, capacity factor 1 → 2)" in told([30, 25, 25, 20], history=history, step=20).html
    history.changes.append((12, f"{MOE}.capacity.factor", 3.0))
    history.marks.append(Mark(12, "capacity factor 2 → 3"))
    assert "(capacity factor 2 → 3)" in told([30, 25, 25, 20], history=history, step=20).html
