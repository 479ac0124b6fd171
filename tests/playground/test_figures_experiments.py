"""Charts of experiments are valid Plotly figures with named axes, labels that keep apart, and spreads around curves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import plotly.graph_objects
import pytest

from playground.figures.curves import Level
from playground.figures.experiments import HUES, Axis, Line, chart, growth, lengths, losses
from playground.figures.experiments.chart import APART
from playground.figures.experiments.labels import spaced

go: Any = plotly.graph_objects  # its stubs know no axes
X = [1.0, 2.0, 4.0, 8.0]
LINES = [
    Line(name, X, [0.5 + i / 100] * 4, [0.4] * 4, [0.6] * 4, colour=hue) for i, (name, hue) in enumerate(HUES.items())
]
ONE, EMPTY = [Line("learned", [1.0], [0.4], colour=HUES["learned"])], [Line("none yet", [], [])]
CHARTS = {
    "lengths": lambda lines: lengths(lines, trained=32, multiples=X, chance=0.18, notes=["one", "two"]),
    "losses": lambda lines: losses(lines, steps=8, guess=4.6),
    "growth": lambda lines: growth(lines, y_title="time, ms", least=1, most=8, notes=["dotted"]),
}


@pytest.mark.parametrize("lines", [LINES, ONE, EMPTY, []], ids=["all", "a point", "an empty line", "nothing"])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_a_valid_figure_with_units_on_its_axes(name, lines):
    made = CHARTS[name](lines)
    figure = go.Figure(made)  # refuses any property that Plotly does not have
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    assert all(np.isfinite(v) for axis in (figure.layout.xaxis, figure.layout.yaxis) for v in axis.range)
    assert len(json.dumps(made, allow_nan=False)) < 30_000


def test_every_curve_is_labelled_once_and_labels_keep_a_line_of_text_apart():
    figure = CHARTS["lengths"](LINES)
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    for line in LINES:
        assert sum(text.endswith((f"<b>{line.label}</b>", f"</span> {line.label}")) for text in texts) == 1
    low, high = figure["layout"]["yaxis"]["range"]
    heights = sorted(n["y"] for n in figure["layout"]["annotations"] if n.get("yref") != "paper")
    assert np.diff(heights).min() >= APART * (high - low) - 1e-9


def test_labels_move_no_more_than_they_must():
    axis = Axis("y", 0.0, 10.0)
    assert spaced([1.0, 5.0, 9.0], axis, 0.1) == [1.0, 5.0, 9.0]
    assert spaced([5.2, 5.0], axis, 0.1) == pytest.approx([5.6, 4.6])
    assert spaced([5.0, 5.0, 5.0, 9.0], axis, 0.1) == pytest.approx([4.0, 5.0, 6.0, 9.0])
    assert spaced([5.0, 5.5, 7.0], axis, 0.2) == pytest.approx([5.833333 - 2, 5.833333, 5.833333 + 2])
    assert spaced([], axis, 0.1) == []


def test_what_ends_early_is_named_above_its_end_and_what_ends_last_in_the_margin():
    lines = [Line("short", X[:3], [1.0, 2.0, 3.0]), Line("long", X, [1.0, 2.0, 3.0, 4.0])]
    figure = chart(lines, Axis("x", 1.0, 8.0, log=True), Axis("y", 1.0, 100.0, log=True))
    short, long = figure["layout"]["annotations"]
    assert (short["x"], short["xanchor"], short["yanchor"]) == (pytest.approx(np.log10(4)), "right", "bottom")
    assert (long["x"], long["xanchor"]) == (pytest.approx(np.log10(8)), "left")
    assert short["y"] == pytest.approx(np.log10(3))


def test_a_spread_goes_around_its_curve_behind_all_curves_and_a_single_point_has_none():
    line = Line("a", [1, 2], [3, 4], [2, 3], [5, 6], colour="var(--line-1)")
    spread, other, curve = chart([line, ONE[0]], Axis("x", 0, 2), Axis("y", 0, 9))["data"][0:3]
    assert (spread["x"], spread["y"], spread["fill"]) == ([1, 2, 2, 1], [5, 6, 3, 2], "toself")
    assert spread["fillcolor"] == "var(--line-1)"
    assert [other["mode"], curve["mode"]] == ["lines", "markers"]


def test_the_loss_axis_leaves_the_first_fall_out_once_there_is_more():
    early, later = (losses([Line("a", X[:n], [4.6, 3.0, 2.0][:n])], steps=8, guess=4.6) for n in (2, 3))
    assert early["layout"]["yaxis"]["range"] == pytest.approx([3.0 - 0.08 * 1.6, 4.6 + 0.05 * 1.6])
    assert later["layout"]["yaxis"]["range"] == pytest.approx([2.0 - 0.08, 3.0 + 0.05])


def test_levels_are_named_and_drawn_across():
    figure = chart([], Axis("x", 0, 1), Axis("y", 0, 1), levels=[Level("chance", 0.2)])
    assert [(s["y0"], s["y1"], s["x0"], s["x1"]) for s in figure["layout"]["shapes"]] == [(0.2, 0.2, 0, 1)]
    assert figure["layout"]["annotations"][0]["text"] == "chance"


def test_an_empty_text_leaves_the_label_out_and_a_pale_colour_stands_beside_it():
    lines = [Line("hidden", X, X, text=""), Line("pale", X, X, colour="var(--cat-7)"), Line("a", X, X, text="b")]
    texts = [n["text"] for n in chart(lines, Axis("x", 0, 8), Axis("y", 0, 9))["layout"]["annotations"]]
    assert texts == ['<span style="color:var(--cat-7)">●</span> pale', "<b>b</b>"]
