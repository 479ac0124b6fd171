"""Every chart has titled axes on the full x range and few curves, and thinning loses no extreme."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from playground.figures import training as figures
from playground.figures.curves import COLOURS, POINTS, Curve, Level, curves, line, thinned

STEPS = list(range(1000))
VALUES = [3.0 / (1 + step / 50) for step in STEPS]
PAIR, SHORT, NONE = (STEPS, VALUES), (STEPS[:3], VALUES[:3]), ([], [])

CHARTS: dict[str, Callable[..., dict[str, Any]]] = {
    "loss": lambda pair, **k: figures.loss(pair, pair, chance=3.4, floor=0.0, **k),
    "loss without a floor": lambda pair, **k: figures.loss(pair, pair, chance=None, floor=None, **k),
    "accuracy": lambda pair, **k: figures.accuracy(pair, pair, chance=0.1, **k),
    "gradient": lambda pair, **k: figures.gradient(pair, clip=1.0, total=k["total"], cursor=k["cursor"]),
    "gradient unclipped": lambda pair, **k: figures.gradient(pair, clip=0.0, total=k["total"], cursor=k["cursor"]),
    "rate": lambda pair, **k: figures.rate(pair, top=0.01, **k),
    "roles": lambda pair, **k: figures.roles([(f"L{i} H0 induction", *pair) for i in range(3)], chance=0.1, **k),
    "no roles": lambda pair, **k: figures.roles([], chance=0.0, **k),
}  # fmt: skip


@pytest.mark.parametrize("pair", [PAIR, SHORT, NONE], ids=["a long run", "three steps", "no step"])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_goes_from_nought_to_the_last_step_and_tells_its_curves_apart(name, pair):
    made = CHARTS[name](pair, total=2000, marks=[(5, "loss drops"), (1500, "lr")], cursor=700)
    assert (made["x"]["low"], made["x"]["high"], made["x"]["title"]) == (0, 2000, "step")
    assert made["y"]["title"]
    assert made["y"]["low"] < made["y"]["high"]
    lines = made.get("lines", [])
    assert len(lines) <= len(COLOURS)
    assert len({line["colour"] for line in lines}) == len(lines)
    assert all(line["name"] and len(line["x"]) == len(line["y"]) for line in lines)
    assert len(json.dumps(made, allow_nan=False)) < 30_000
    assert made["cursor"] == [700, ""]


def test_references_and_marks_are_named():
    made = figures.loss(PAIR, SHORT, total=1000, chance=3.466, floor=0.5, marks=[(300, "loss drops")])
    assert made["levels"] == [[3.466, "uniform guess 3.47", False], [0.5, "floor 0.50", False]]
    assert made["marks"] == [[300, "loss drops"]]
    assert [line["name"] for line in made["lines"]] == ["train", "held-out"]


def test_clipping_is_drawn_only_where_there_is_some():
    assert "levels" not in figures.gradient(PAIR, total=9, clip=0.0)
    assert figures.gradient(PAIR, total=9, clip=2.5)["levels"] == [[2.5, "clipped at 2.5", False]]


def test_a_gradient_of_nought_can_stand_on_a_logarithmic_axis():
    made = figures.gradient(([0, 1], [0.0, 1.0]), total=1, clip=0.0)
    assert made["y"]["log"]
    assert 0 < made["y"]["low"] < min(made["lines"][0]["y"])


def test_an_axis_without_a_range_has_room_around_its_values():
    made = curves([Curve("a", [0, 9], [1.0, 3.0])], total=9, y_title="y", levels=[Level("here", 5.0)])
    assert made["y"]["low"] < 1.0
    assert made["y"]["high"] > 5.0


def test_at_most_three_roles_and_four_curves_are_drawn():
    assert len(figures.roles([("a", *SHORT)] * 5, total=9, chance=0.1)["lines"]) == 3
    with pytest.raises(ValueError, match="a chart holds 4 curves, got 5"):
        curves([Curve("a", *SHORT)] * (len(COLOURS) + 1), total=9, y_title="y")


@pytest.mark.parametrize("length", [1, POINTS, POINTS + 1, 5000])
def test_thinning_keeps_the_ends_the_extremes_and_the_order(length):
    x = np.arange(length)
    y = np.random.default_rng(0).standard_normal(length)
    y[length // 3], y[2 * length // 3] = 50.0, -50.0
    xs, ys = thinned(x.tolist(), y.tolist())
    assert len(xs) <= POINTS + 2
    assert (xs[0], xs[-1]) == (0, length - 1)
    assert (ys.max(), ys.min()) == (y.max(), y.min())
    assert (np.diff(xs) > 0).all()
    assert np.array_equal(y[xs.astype(int)], ys)
    assert length > POINTS or len(xs) == length


def test_every_bin_of_a_thinned_curve_keeps_its_peak():
    y = np.zeros(POINTS * 50)
    y[123] = 1.0
    y[7777] = 1.0
    assert set(thinned(range(len(y)), y.tolist())[0]) >= {123, 7777}


def test_a_curve_with_a_spread_keeps_all_its_points_and_what_is_not_measured_is_none():
    x = list(range(POINTS + 10))
    made = line(Curve("a", x, [math.nan, *x[1:]], low=x, high=x, end=""))
    assert made["y"][:2] == [None, 1.0]
    assert len(made["y"]) == len(made["low"]) == len(made["high"]) == len(x)
    assert made["end"] == ""
    assert not {"dash", "dots", "stairs"} & set(made)
