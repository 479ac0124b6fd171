"""Curves of variants that train together: mean over seeds, and a band from the lowest to the highest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from playground.figures.curves import COLOURS, LETTER, Curve, Figure, curves

LINE = 0.085  # of a chart's height: one line of text
FAINT = "2e"  # opacity of a band, written after the six digits of a colour


class Line(NamedTuple):
    """One variant's curve."""

    label: str
    steps: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def colour(variant: int) -> str:
    """The line colour of a variant; the base comes first."""
    return COLOURS[(variant + 1) % len(COLOURS)]


def together(
    lines: Sequence[Line],
    *,
    total: float,
    y_title: str,
    y_range: tuple[float, float],
    seeds: int,
    cursor: float | None = None,
    marks: Sequence[tuple[int, str]] = (),
) -> Figure:
    """Up to four curves with one cursor; with several seeds a band around each."""
    drawn = [Curve(line.label, line.steps.tolist(), line.mean.tolist(), colour(i)) for i, line in enumerate(lines)]
    x_title = "step" if seeds == 1 else f"step, lines: mean of {seeds} seeds, bands: lowest to highest"
    figure = curves(drawn, total=total, y_title=y_title, y_range=y_range, marks=marks, cursor=cursor, x_title=x_title)
    _place(figure["layout"]["annotations"][: sum(len(line.steps) > 0 for line in lines)], y_range, cursor, total)
    if seeds > 1:
        figure["data"] = [*(part for i, line in enumerate(lines) for part in _band(line, i)), *figure["data"]]
    return figure


def _place(labels: list[dict[str, Any]], y_range: tuple[float, float], cursor: float | None, total: float) -> None:
    """Labels at the ends of curves: none above or below the chart, none struck through by the cursor."""
    gap, top = LINE * (y_range[1] - y_range[0]), y_range[1]
    low, falling = y_range[0] + gap / 2, sorted(labels, key=lambda each: -each["y"])
    for label in falling:
        label["y"] = min(label["y"], top)
        top = label["y"] - gap
        if cursor is not None and 0 <= cursor - label["x"] < LETTER * len(label["text"]) * total:
            label["x"] = cursor
    for label in reversed(falling):
        label["y"] = max(label["y"], low)
        low = label["y"] + gap


def _band(line: Line, variant: int) -> list[dict[str, Any]]:
    edge = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "x": line.steps.tolist()}
    filled = {"fill": "tonexty", "fillcolor": f"{colour(variant)}{FAINT}"}
    return [{**edge, "y": _short(line.low)}, {**edge, "y": _short(line.high), **filled}]


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{v:.5g}") for v in values]
