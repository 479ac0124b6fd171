"""Every chart is a valid Plotly figure on the full x range, with few curves, and thinning loses no extreme."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects
import pytest

from playground.figures import training as figures
from playground.figures.curves import COLOURS, POINTS, Curve, Level, curves, thinned

go: Any = plotly.graph_objects  # its stubs know no axes

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
def test_a_chart_is_a_valid_figure_from_nought_to_the_last_step(name, pair):
    made = CHARTS[name](pair, total=2000, marks=[(5, "loss drops"), (1500, "lr")], cursor=700)
    figure = go.Figure(made)  # refuses any property that Plotly does not have
    assert tuple(figure.layout.xaxis.range) == (0, 2000)
    assert figure.layout.xaxis.title.text == "step"
    assert figure.layout.yaxis.title.text
    assert len(figure.data) <= 4
    assert len({trace.line.color for trace in figure.data}) == len(figure.data)
    assert all(trace.name for trace in figure.data)
    assert len(json.dumps(made, allow_nan=False)) < 30_000
    assert any(shape.x0 == shape.x1 == 700 for shape in figure.layout.shapes)


def test_references_and_marks_are_named_in_place():
    figure = go.Figure(figures.loss(PAIR, SHORT, total=1000, chance=3.466, floor=0.5, marks=[(300, "loss drops")]))
    said = [note.text for note in figure.layout.annotations]
    assert {"uniform guess 3.47", "floor 0.50", "loss drops", "<b>train</b>", "<b>held-out</b>"} == set(said)
    assert {shape.y0 for shape in figure.layout.shapes if shape.y0 == shape.y1} == {3.466, 0.5}


def test_clipping_is_drawn_only_where_there_is_some():
    texts = [[n["text"] for n in figures.gradient(PAIR, total=9, clip=c)["layout"]["annotations"]] for c in (0.0, 2.5)]
    assert "clipped at 2.5" not in texts[0]
    assert "clipped at 2.5" in texts[1]


def test_a_gradient_of_nought_can_stand_on_a_logarithmic_axis():
    figure = go.Figure(figures.gradient(([0, 1], [0.0, 1.0]), total=1, clip=0.0))
    assert figure.layout.yaxis.type == "log"
    assert min(figure.data[0].y) > 0


def test_at_most_three_roles_and_four_curves_are_drawn():
    assert len(figures.roles([("a", *SHORT)] * 5, total=9, chance=0.1)["data"]) == 3
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


def test_labels_of_curves_that_end_together_do_not_overlap():
    lines = [Curve(name, [0, 9], [0.0, 0.5 + 0.001 * i]) for i, name in enumerate("abcd")]
    figure = curves(lines, total=20, y_title="y", y_range=(0.0, 1.0))
    heights = [note["y"] for note in figure["layout"]["annotations"]]
    assert min(np.diff(sorted(heights))) >= 0.07
    assert heights == sorted(heights)


def test_labels_stand_right_of_their_curve_and_never_on_one_another():
    lines = [Curve("a", [0, 99], [0, 0.50]), Curve("b", [0, 99], [0, 0.51])]
    layout = curves(lines, total=100, y_title="y", y_range=(0, 1), levels=[Level("here", 0.49)])["layout"]
    heights = sorted(note["y"] for note in layout["annotations"])
    assert min(b - a for a, b in pairwise(heights)) >= 0.0749
    assert {note["xanchor"] for note in layout["annotations"]} == {"left"}
    assert layout["margin"]["r"] >= 100  # room for them when the run is over


def test_levels_span_the_whole_chart():
    shape = curves([], total=9, y_title="y", levels=[Level("here", 0.25)])["layout"]["shapes"][0]
    assert (shape["y0"], shape["y1"], shape["x0"], shape["x1"], shape["xref"]) == (0.25, 0.25, 0, 1, "paper")


def test_the_text_of_a_mark_near_the_ends_of_the_curves_stands_left_of_its_line():
    def side(at: int) -> str:
        line = [Curve("a", [0, 60], [0.0, 1.0])]
        figure = curves(line, total=100, y_title="y", y_range=(0.0, 1.0), marks=[(at, "loss drops")])
        return next(note["xanchor"] for note in figure["layout"]["annotations"] if note["text"] == "loss drops")

    assert [side(at) for at in (10, 30, 45, 55)] == ["left", "left", "right", "right"]


@pytest.mark.parametrize(("high", "ticks"), [(4.0, [1, 2, 5, 10, 20, 50]), (9000.0, [1, 10, 100, 1000, 10000])])
def test_a_logarithmic_axis_has_more_than_powers_of_ten_where_they_are_few(high, ticks):
    axis = curves([Curve("a", [0, 1], [1.0, high])], total=1, y_title="y", log=True)["layout"]["yaxis"]
    assert axis["tickvals"] == ticks
    assert axis["ticktext"] == [f"{tick:g}" for tick in ticks]
