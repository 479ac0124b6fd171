"""The arithmetic of the Experts lens is right as written, with the settings that the update was routed by."""

from __future__ import annotations

import math
import re

import pytest

from playground.lenses.experts.choices import ExpertChoices
from tests.playground.mixed import MOE, ROUTED, mixed
from tests.playground.values import Shown, shown

ROUND = {"⌈": math.ceil, "⌊": math.floor, "[": round}
SUM = re.compile(r"([⌈⌊\[]) ([\d,.]+(?: [×÷] [\d,.]+)*) [⌉⌋\]] = ([\d,]+)")
LIMITS = {
    "rounded up": {"capacity__factor": 1.1},
    "rounded down": {"capacity__factor": 1.1, "capacity__rounding": "down"},
    "rounded to the nearest": {"capacity__factor": 1.13, "capacity__rounding": "nearest"},
    "a seat for each token": {"capacity__factor": 8.0},
    "by sequence": {"capacity__factor": 1.0, "capacity__group": "sequence"},
    "at least the minimum": {"capacity__factor": 0.1, "capacity__minimum": 20},
    "split": {"capacity__factor": 1.0, "split": 2},
}


def lines(seen: Shown) -> dict[str, str]:
    """name -> text without marks."""
    return {name: re.sub(r"<[^>]*>", "", html) for name, html in seen.json("sums")}


def worked_out(text: str) -> tuple[int, int]:
    """(what the written sum comes to, what is said that it is)."""
    sign, sums, said = SUM.search(text).groups()
    first, *rest = re.findall(r"[\d,.]+|[×÷]", sums)
    value = float(first.replace(",", ""))
    for how, number in zip(rest[::2], rest[1::2], strict=True):
        value = value * float(number.replace(",", "")) if how == "×" else value / float(number.replace(",", ""))
    return ROUND[sign](round(value, 6)), int(said.replace(",", ""))


@pytest.mark.parametrize("name", LIMITS)
def test_the_written_sum_gives_the_seats(name):
    seen = shown(mixed(1, **LIMITS[name]))
    text = lines(seen)["Capacity"]
    value, said = worked_out(text)
    assert value == said
    bound = re.search(r"; at (?:least the minimum|most one for each token), ([\d,]+)$", text)
    seats = int(bound[1].replace(",", "")) if bound else said
    assert seats == seen.routing.capacity
    assert bool(bound) is (name in ("a seat for each token", "at least the minimum"))


@pytest.mark.parametrize("changes", [{}, {"split": 2, "router__factor": 1.5}, {"router__factor": 9.0}], ids=repr)
def test_the_written_sum_gives_what_each_expert_chooses(changes):
    seen = shown(mixed(1, router="expert choice", model__topology="encoder-only", **changes))
    text = lines(seen)["Capacity"]
    value, said = worked_out(text)
    bound = re.search(r"; there are ([\d,]+)$", text)
    assert value == said
    assert {int(bound[1]) if bound else said} == set(seen.load["load"])


@pytest.mark.parametrize("name", ROUTED)
def test_every_line_has_words_and_the_dropped_choices_add_up(name):
    seen = shown(mixed(2, **ROUTED[name]))
    told = lines(seen)
    assert all(told.values())
    lost = sum(seen.load["demand"]) - sum(seen.load["load"])
    if seen.routing.capacity is None:
        assert lost == 0
        assert "Dropped" not in told
    elif lost:
        assert f"{lost:,} of {sum(seen.load['demand']):,}" in told["Dropped"]
        pairs = re.findall(r"\(([\d,]+) − ([\d,]+)\)", told["Dropped"])
        assert sum(int(a.replace(",", "")) - int(b.replace(",", "")) for a, b in pairs) in (0, lost)
    else:
        assert told["Dropped"].startswith("0:")
    shares = [float(f"0{part}" if part[0] == "." else part) for part in told["Share f"].split(" … ")[0].split()]
    assert len(shares) == min(16, seen.value["experts"])
    assert seen.value["experts"] > 16 or sum(shares) == pytest.approx(1, abs=0.005 * len(shares))


def test_each_loss_is_told_with_its_weight_and_what_it_adds():
    weights = {"balance__auxiliary": 0.5, "balance__z": 0.02, "balance__device": 0.7, "balance__communication": 0.05}
    session = mixed(1, devices=2, **weights)
    told, added = lines(shown(session)), 0.0
    for label, weight in {"Auxiliary": 0.5, "z-loss": 0.02, "Device": 0.7, "Commun.": 0.05}.items():
        (found,) = re.findall(rf"{weight:g} × ([\d.]+) = ([\d.]+)", told[label])
        assert float(found[1]) == pytest.approx(weight * float(found[0]), abs=0.001)
        added += float(found[1])
    assert added == pytest.approx(float(session.run.routed.layers[-1].penalty), abs=0.001)


def test_the_auxiliary_loss_is_the_sum_that_is_written():
    for unit, times in (("uniform = 1", 1), ("uniform = k", 2)):
        session = mixed(1, balance__auxiliary=0.5, balance__unit=unit)
        routing = session.run.routed.layers[-1]
        f_E = routing.demand_E / routing.demand_E.sum()
        by_hand = times * 4 * float((f_E * routing.probs_NE.mean(0)).sum())
        text = lines(shown(session))["Auxiliary"]
        (said,) = re.findall(rf"^{'2 × ' if times == 2 else ''}4 × Σ f·P = ([\d.]+);", text)
        assert float(said) == pytest.approx(by_hand, abs=0.001)


def test_a_change_is_told_with_the_update_that_it_acted_on():
    session = mixed(2, capacity__factor=1.0)
    session.edit(f"{MOE}.capacity.factor", 2.0)
    session.edit(f"{MOE}.balance.auxiliary", 9.0)
    before = lines(shown(session))
    assert "× 1 ⌉" in before["Capacity"]  # the loads on the screen were limited by 1
    assert "; 0.01 × " in before["Auxiliary"]
    session.run.advance()
    after = lines(shown(session))
    assert "× 2 ⌉" in after["Capacity"]
    assert "; 9 × " in after["Auxiliary"]


def test_the_probe_is_seated_by_the_factor_of_evaluation():
    session = mixed(2, capacity__factor=1.0, capacity__evaluation=None)
    session.of(ExpertChoices).on = "probe"
    seen = shown(session)
    assert lines(seen)["Capacity"].startswith("No limit")
    assert seen.json("measures")[0][3] == "nothing is dropped"
    session.edit(f"{MOE}.capacity.evaluation", 1.5)
    session.edit(f"{MOE}.capacity.factor", None)
    seen = shown(session)
    assert worked_out(lines(seen)["Capacity"])[1] == seen.routing.capacity
    assert seen.json("measures")[0][3] == "drops above the factor, 1.5"
    session.of(ExpertChoices).on = "batch"
    session.run.advance()
    assert shown(session).json("measures")[0][3] == "nothing is dropped"


def test_seats_that_let_later_tokens_first_are_said_to_leak_in_a_decoder():
    told = {}
    for topology in ("decoder-only", "encoder-only"):
        session = mixed(1, capacity__factor=1.0, capacity__priority="choice", model__topology=topology)
        told[topology] = lines(shown(session))["Order"]
    assert "leaks the future" in told["decoder-only"]
    assert "leaks" not in told["encoder-only"]
    assert "Order" not in lines(shown(mixed(1, capacity__factor=1.0)))
