"""Charts of experiments have named axes of finite length, and every scheme its curve."""

from __future__ import annotations

import json

import numpy as np
import pytest

from playground.figures.curves import Curve
from playground.figures.experiments import HUES, growth, lengths, losses

X = [1.0, 2.0, 4.0, 8.0]
LINES = [
    Curve(name, X, [0.5 + i / 100] * 4, low=[0.4] * 4, high=[0.6] * 4, colour=hue)
    for i, (name, hue) in enumerate(HUES.items())
]
ONE, EMPTY = [Curve("learned", [1.0], [0.4], colour=HUES["learned"])], [Curve("none yet", [], [])]
CHARTS = {
    "lengths": lambda lines: lengths(lines, trained=32, multiples=X, chance=0.18, notes=[("one", "red"), ("two", "")]),
    "losses": lambda lines: losses(lines, steps=8, guess=4.6),
    "growth": lambda lines: growth(lines, y_title="time, ms", least=1, most=8, notes=["dotted"]),
}


@pytest.mark.parametrize("lines", [LINES, ONE, EMPTY, []], ids=["all", "a point", "an empty line", "nothing"])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_units_on_its_axes_and_every_curve(name, lines):
    made = CHARTS[name](lines)
    for side in (made["x"], made["y"]):
        assert side["title"]
        assert np.isfinite([side["low"], side["high"]]).all()
        assert side["low"] > 0 or not side["log"]
    assert [line["name"] for line in made.get("lines", [])] == [line.label for line in lines]
    assert len(json.dumps(made, allow_nan=False)) < 30_000


def test_the_loss_axis_leaves_the_first_fall_out_once_there_is_more():
    early, later = (losses([Curve("a", X[:n], [4.6, 3.0, 2.0][:n])], steps=8, guess=4.6)["y"] for n in (2, 3))
    assert (early["low"], early["high"]) == pytest.approx((3.0 - 0.08 * 1.6, 4.6 + 0.05 * 1.6))
    assert (later["low"], later["high"]) == pytest.approx((2.0 - 0.08, 3.0 + 0.05))


def test_lengths_are_told_as_multiples_and_notes_stand_beside_their_colours():
    made = CHARTS["lengths"](LINES)
    assert made["x"]["ticks"] == [[1.0, "1×"], [2.0, "2×"], [4.0, "4×"], [8.0, "8×"]]
    assert made["notes"] == [["one", "upper left", "red"], ["two", "upper left", ""]]
