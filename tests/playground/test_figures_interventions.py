"""Bars of interventions have titled axes and a name for each; heat maps are whole and even around 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from playground.figures import effects, heat, interventions

COSTS = np.array([[0.5, -0.1, np.nan], [2.0, 0.0, 0.25]])
TOKENS = [*"abca"]
SHARES = np.array([[0.5, 0.5, 0.0, 0.0], [0.25, 0.5, 0.25, 0.0]])
COLUMN, WHOLE = np.array([[0.3], [0.1]]), np.array([[1.5]])
LEFT = {"zero": [0.1, 0.9], "mean": [0.2, np.nan]}

FIGURES: dict[str, Callable[[], dict[str, Any]]] = {
    "heads": lambda: interventions.costs(COSTS, 0 * COSTS, unit="head"),
    "nothing yet": lambda: interventions.costs(COSTS * np.nan, COSTS, unit="expert"),
    "parts": lambda: interventions.parts(
        {"self-attention": COLUMN, "position": WHOLE}, {"self-attention": COLUMN / 10, "position": WHOLE / 10}
    ),
    "patching by position": lambda: interventions.patching(SHARES, layers=(0, 1), clean=TOKENS, corrupted=[*"abda"]),
    "patching by head": lambda: interventions.patching(SHARES, layers=(0, 1)),
    "lens": lambda: interventions.lens(SHARES, [TOKENS, TOKENS], rows=["embedding", "L0"], tokens=TOKENS),
    "rollout": lambda: interventions.rollout(SHARES, tokens=TOKENS, position=3),
    "moved": lambda: effects.moved(np.array([0.0, 0.2, 1.0, 0.1]), tokens=TOKENS, before=TOKENS, after=[*"abda"]),
    "induction": lambda: effects.induction(["L1 H2", "others"], LEFT, LEFT, whole=0.99, chance=0.03),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_is_valid_and_a_heat_map_whole_and_both_are_titled_and_plain(name: str):
    made = FIGURES[name]()
    assert len(json.dumps(made, allow_nan=False)) < 30_000
    if "bars" in made:
        names, sizes = (made[side] for side in ("yx" if made.get("lying") else "xy"))
        assert names["title"]
        assert sizes["title"]
        assert all(bar["name"] and len(bar["values"]) == len(names["ticks"]) for bar in made["bars"])
        return
    assert all([made["unit"], *made["titles"]])
    shape = [len(made["columns"])] * len(made["rows"])
    for field in ("values", "hover", "text"):
        assert [len(row) for row in made[field]] == shape


def test_colours_are_even_around_nought_and_shares_go_to_one():
    def scale(name: str) -> list[object]:
        return [FIGURES[name]()[field] for field in ("scale", "low", "high")]

    assert scale("heads") == ["div", -2.0, 2.0]
    assert scale("nothing yet") == ["div", -heat.LEAST, heat.LEAST]
    assert scale("patching by head") == ["div", -1.0, 1.0]
    assert scale("rollout") == ["seq", 0, 1]


def test_cells_hold_their_numbers_and_say_their_error():
    heads = interventions.costs(COSTS, COSTS / 10, unit="cross head")
    assert heads["values"] == [[0.5, -0.1, None], [2.0, 0.0, 0.25]]
    assert heads["text"][0] == ["0.50", "-0.10", ""]
    assert heads["hover"][1][0] == "without L1 H0: +2.0000 ± 0.2000 nats"
    assert heads["hover"][0][2] == "L0 H2: not measured"
    assert heads["columns"] == ["H0", "H1", "H2"]
    assert interventions.costs(COSTS, COSTS, unit="expert")["columns"][0] == "E0"
    assert interventions.patching(np.full((2, 2), -0.001), layers=(0, None))["text"][0] == ["0.00", "0.00"]
    assert interventions.patching(np.zeros((2, 17)), layers=(0, 1))["text"] is None


def test_what_belongs_to_all_layers_has_its_own_row():
    made = FIGURES["parts"]()
    assert made["rows"] == ["L0", "L1", "all layers"]
    assert made["values"] == [[0.3, None], [0.1, None], [None, 1.5]]


def test_tokens_that_differ_are_both_named_and_tokens_may_repeat():
    assert FIGURES["patching by position"]()["columns"] == ["a", "b", "c | d", "a"]


def test_accuracy_stands_beside_the_whole_model_and_guessing():
    made = FIGURES["induction"]()
    assert made["levels"] == [[0.99, "whole model 0.99", True], [0.03, "chance 0.03", True]]
    assert made["bars"][1]["values"] == [0.2, None]
    assert made["bars"][0]["errors"] == [0.1, 0.9]


def test_prompts_that_differ_in_many_tokens_are_named_by_the_clean_one_and_told_by_both():
    clean, corrupted = [*"abcdefgh"], [*"abXdefgh"]
    one = interventions.patching(np.zeros((1, 8)), layers=(0,), clean=clean, corrupted=corrupted)
    assert one["columns"][2] == "c | X"
    many = interventions.patching(np.zeros((1, 8)), layers=(0,), clean=clean, corrupted=[*"zyxwvuts"])
    assert many["columns"] == clean
    assert many["hover"][0][2] == "L0, position 2, c | x: 0.000"
