"""Charts as plain values: curves with their spreads, levels, marks and a cursor, or bars. The page draws them and puts
words where they have room (`static/charts/curves.js`); only a figure that is taken away becomes one of Plotly's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Figure = dict[str, Any]
"""{x, y: {title, low, high, log, ticks: [[value, text]]}} and, where there are any,

lines   [{name, x, y, colour, width, dash: "dot" | "dash", low, high: spread, end: text, dots: px, stairs}]
bars    [{name, values, errors, colour, said: [text]}], one value for each tick of the other axis; `lying`: along x
levels  [[y, text, inside]], marks [[x, text]]: lines across and up; of lying bars, levels stand at x
cursor  [x, text]
points  [[x, y, colour, radius in px]]
notes   [[text, "upper left" | "lower right" | "middle" | [x, y] to stand below, colour of a dot before it]]
"""

COLOURS = ("var(--line-0)", "var(--line-1)", "var(--line-2)", "var(--line-3)")
POINTS = 240  # more are not seen at this size


class Curve(NamedTuple):
    """One line, and what stands at its end: the label, or `end`, which may be nothing. `low` and `high` are its spread,
    or empty; `dots` the radius in px of its points.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str = COLOURS[0]
    width: float = 1.8
    dash: str = ""
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    end: str | None = None
    dots: float = 0
    stairs: bool = False


class Axis(NamedTuple):
    """What an axis counts, and from where to where; `ticks` (value, text) where they are not simply numbers."""

    title: str
    low: float
    high: float
    log: bool = False
    ticks: Sequence[tuple[float, str]] = ()


class Level(NamedTuple):
    """A horizontal reference, named in the margin, or `inside` the chart."""

    label: str
    y: float
    inside: bool = False


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


def chart(
    lines: Sequence[Curve],
    x: Axis,
    y: Axis,
    *,
    levels: Sequence[Level] = (),
    marks: Sequence[tuple[float, str]] = (),
    cursor: tuple[float, str] | None = None,
    **more: Any,
) -> Figure:
    """Curves over their spreads, the last on top. `more`: points, notes."""
    parts = {
        "lines": [line(each) for each in lines],
        "levels": [[level.y, level.label, level.inside] for level in levels],
        "marks": [list(mark) for mark in marks],
        "cursor": cursor and list(cursor),
    }
    return {"x": axis(x), "y": axis(y)} | {name: part for name, part in (parts | more).items() if part}


def curves(
    lines: Sequence[Curve],
    *,
    total: float,
    y_title: str,
    y_range: tuple[float, float] | None = None,
    levels: Sequence[Level] = (),
    log: bool = False,
    x_title: str = "step",
    cursor: float | None = None,
    **more: Any,
) -> Figure:
    """At most four curves against `x_title`, 0 to `total`. `marks` are (x, text) thin lines; `cursor` the x shown.
    Raises ValueError for more curves.
    """
    if len(lines) > len(COLOURS):
        raise ValueError(f"a chart holds {len(COLOURS)} curves, got {len(lines)}")
    low, high = y_range or _around([*(v for c in lines for v in c.y), *(level.y for level in levels)], log)
    at = None if cursor is None else (cursor, "")
    return chart(lines, Axis(x_title, 0, total), Axis(y_title, low, high, log), levels=levels, cursor=at, **more)


def _around(values: Sequence[float], log: bool) -> tuple[float, float]:
    """A range with some room around all values."""
    seen = [float(v) for v in values if v > 0 or not log] or [1.0]
    if log:
        return min(seen) / 1.5, max(seen) * 1.5
    room = 0.06 * (max(seen) - min(seen) or 1.0)
    return min(seen) - room, max(seen) + room


def axis(of: Axis) -> dict[str, Any]:
    found = {"title": of.title, "low": float(of.low), "high": float(of.high), "log": of.log}
    return found | ({"ticks": [[float(value), text] for value, text in of.ticks]} if of.ticks else {})


def line(curve: Curve) -> dict[str, Any]:
    """A curve as the page has it, without what it has not; of many points, as many as are seen."""
    many = len(curve.x) > POINTS and not curve.low
    x, y = thinned(curve.x, curve.y) if many else (curve.x, curve.y)
    parts = curve._asdict() | {"name": curve.label, "x": [float(v) for v in x]}
    parts |= {name: [plain(v) for v in values] for name, values in (("y", y), ("low", curve.low), ("high", curve.high))}
    del parts["label"]
    always = {"name", "x", "y"}
    return {k: v for k, v in parts.items() if k in always or (k == "end" and v is not None) or (k != "end" and v)}


def plain(value: float) -> float | None:
    """Five digits; None for what is not measured."""
    return None if np.isnan(value) else float(f"{value:.5g}")
