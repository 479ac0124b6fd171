"""Curves over the steps of a run: labelled at their end, on a full x range from the start, with named references."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Figure = dict[str, Any]
"""A Plotly figure as plain values: `plotly.graph_objects.Figure(figure)` is the object. Building the object takes 20
ms, too long for a chart that is redrawn twice a second beside a training loop; the tests build it and so check every
property.
"""

COLOURS = ("var(--line-0)", "var(--line-1)", "var(--line-2)", "var(--line-3)")
LABELS, GLYPH = 118, 6.6  # px to the right of a chart, for the labels of curves and reference lines; px of a letter
LETTER = 0.018  # of a chart's width
POINTS = 240  # more are not seen at this size


class Curve(NamedTuple):
    """One line: x in steps. `label` stands at its end."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str = COLOURS[0]
    width: float = 1.8


class Level(NamedTuple):
    """A horizontal reference, named in place."""

    label: str
    y: float


def thinned(x: Sequence[float], y: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """At most `POINTS` points: the first, the last, and in each bin between the smallest and the largest y."""
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(xs) <= POINTS:
        return xs, ys
    edges = np.linspace(0, len(xs), POINTS // 2 + 1).astype(int)
    kept = {0, len(xs) - 1}
    for low, high in pairwise(edges):
        kept |= {low + int(ys[low:high].argmin()), low + int(ys[low:high].argmax())}
    index = sorted(kept)
    return xs[index], ys[index]


def curves(
    lines: Sequence[Curve],
    *,
    total: float,
    y_title: str,
    y_range: tuple[float, float] | None = None,
    levels: Sequence[Level] = (),
    marks: Sequence[tuple[int, str]] = (),
    cursor: float | None = None,
    log: bool = False,
    x_title: str = "step",
) -> Figure:
    """At most four curves against `x_title`, 0 to `total`. `marks` are (x, text) thin lines; `cursor` the x shown."""
    if len(lines) > len(COLOURS):
        raise ValueError(f"a chart holds {len(COLOURS)} curves, got {len(lines)}")
    drawn = [c for c in lines if len(c.x)]
    heights = _apart([*(float(c.y[-1]) for c in drawn), *(level.y for level in levels)], y_range, log)
    data = [_line(c, x_title.partition(",")[0]) for c in lines]
    notes = [_end(c, height) for c, height in zip(drawn, heights, strict=False)]
    notes += [_level(level, height) for level, height in zip(levels, heights[len(drawn) :], strict=True)]
    shapes: list[dict[str, Any]] = []
    for level in levels:
        shapes.append(_rule("y", level.y, "var(--text-3)", "dot"))
    end = max((float(c.x[-1]) for c in drawn), default=0.0)
    for i, (step, text) in enumerate(marks):
        wide = LETTER * len(text) * total
        left = step > wide and (step > total / 2 or end - step < wide)  # else it runs into the labels at the ends
        shapes.append(_rule("x", step, "var(--text-2)", "dot"))
        notes.append(_note(step, 1 - 0.08 * i, text, yref="paper", xanchor="right" if left else "left", yanchor="top"))
    if cursor is not None:
        shapes.append(_rule("x", cursor, "var(--accent)", "solid"))
    y_axis = {"title": {"text": y_title}, "type": "log" if log else "linear"} | (_decades(lines) if log else {})
    layout = {
        "xaxis": {"range": [0, total], "title": {"text": x_title}},
        "yaxis": y_axis | ({"range": list(y_range)} if y_range and not log else {}),
        "margin": {"r": _room([*(c.label for c in drawn), *(level.label for level in levels)])},
        "annotations": notes,
        "shapes": shapes,
    }
    return {"data": data, "layout": layout}


def _room(labels: Sequence[str]) -> int:
    """Pixels that the longest label needs, bold, at the end of a curve that ends with the chart."""
    return max(LABELS, 10 + round(GLYPH * max(map(len, labels), default=0)))


def _decades(lines: Sequence[Curve]) -> dict[str, Any]:
    """Ticks of a logarithmic axis: powers of ten, and 2 and 5 times them where there are few."""
    values = [float(v) for c in lines for v in c.y if v > 0] or [1.0]
    low, high = int(np.floor(np.log10(min(values)))), int(np.ceil(np.log10(max(values))))
    times = (1, 2, 5) if high - low < 3 else (1,)
    ticks = [m * 10.0**e for e in range(low, high + 1) for m in times]
    return {"tickvals": ticks, "ticktext": [f"{t:g}" for t in ticks]}


def _line(curve: Curve, x_name: str) -> dict[str, Any]:
    x, y = thinned(curve.x, curve.y)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": curve.label,
        "x": x.tolist(),
        "y": [float(f"{v:.5g}") for v in y],
        "line": {"color": curve.colour, "width": curve.width},
        "hovertemplate": f"{x_name} %{{x:,}}: %{{y:.4g}}<extra>{curve.label}</extra>",
    }


def _end(curve: Curve, height: float) -> dict[str, Any]:
    """The label to the right of a curve's end; the margin has room for it when the run is over."""
    note = _note(float(curve.x[-1]), height, f"<b>{curve.label}</b>", xanchor="left", yanchor="middle")
    return {**note, "font": {"color": curve.colour, "size": 11}, "xshift": 6}


def _level(level: Level, height: float) -> dict[str, Any]:
    """The name of a reference line, in the margin."""
    return {**_note(1, height, level.label, xref="paper", xanchor="left", yanchor="middle"), "xshift": 6}


def _note(x: float, y: float, text: str, **place: str) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"color": "var(--text-2)", "size": 11}, **place}


def _rule(axis: str, at: float, colour: str, dash: str) -> dict[str, Any]:
    other = "x" if axis == "y" else "y"
    ends = {f"{axis}0": at, f"{axis}1": at, f"{other}0": 0, f"{other}1": 1, f"{other}ref": "paper"}
    return {"type": "line", "line": {"color": colour, "width": 1.2, "dash": dash}, **ends}


def _apart(heights: Sequence[float], y_range: tuple[float, float] | None, log: bool) -> list[float]:
    """Where labels stand, on the axis itself: no two closer than a line of text."""
    if log:
        heights = [float(np.log10(max(h, 1e-12))) for h in heights]
    span = (y_range[1] - y_range[0]) if y_range else (max(heights, default=0.0) - min(heights, default=0.0)) or 1.0
    gap, placed, previous = 0.075 * span, list(heights), -np.inf
    for i in sorted(range(len(heights)), key=lambda j: heights[j]):
        placed[i] = max(heights[i], previous + gap)
        previous = placed[i]
    return placed
