"""Heat maps: around 0, or from 0 to 1; first row on top, empty where there is no number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.figures.curves import Figure

Scale = list[list[Any]]
DIVERGING: Scale = [[i / 10, f"var(--div-{i})"] for i in range(11)]
SEQUENTIAL: Scale = [[i / 10, f"var(--seq-{i})"] for i in range(11)]
WRITTEN = 16  # columns, and rows: of more, the numbers are not written into the cells
LEAST = 0.01  # of a colour scale around 0: rounding is not drawn in full colour


def heat(
    values: np.ndarray,
    *,
    x: Sequence[str],
    y: Sequence[str],
    x_title: str,
    y_title: str,
    z_title: str,
    hover: Sequence[Sequence[str]],
    text: Sequence[Sequence[str]] | None = None,
    around: bool = True,
    least: float = LEAST,
) -> Figure:
    """A heat map, the first row on top, empty where there is no number. `around`: 0 is the middle of the colours, which
    reach at least `least` both ways; else they go from 0 to 1.
    """
    far = max(least, float(np.nanmax(np.abs(values), initial=0.0)) if np.isfinite(values).any() else 0.0)
    cells = (
        text
        if text is not None
        else [["" if np.isnan(v) else f"{round(v, 2) + 0.0:.2f}" for v in row] for row in values]
    )
    trace: dict[str, Any] = {
        "type": "heatmap",
        "name": z_title.partition(",")[0],
        "x": list(range(len(x))),
        "y": list(range(len(y))),
        "z": [[plain(v) for v in row] for row in values],
        "zmin": -far if around else 0,
        "zmax": far if around else 1,
        "colorscale": DIVERGING if around else SEQUENTIAL,
        "colorbar": {"title": {"text": z_title, "side": "right"}, "thickness": 10, "outlinewidth": 0},
        "hovertext": [list(row) for row in hover],
        "hoverinfo": "text",
        "xgap": 1,
        "ygap": 1,
    }
    if text is not None or max(values.shape, default=0) <= WRITTEN:
        trace |= {"text": [list(row) for row in cells], "texttemplate": "%{text}"}
    return {
        "data": [trace],
        "layout": {"xaxis": axis(x_title, x), "yaxis": axis(y_title, y) | {"autorange": "reversed"}},
    }


def axis(title: str, names: Sequence[str]) -> dict[str, Any]:
    """By number, because tokens occur twice; named, every so many where there are many."""
    step = 1 + (len(names) - 1) // 64
    at = list(range(0, len(names), step))
    return {"title": {"text": title}, "tickvals": at, "ticktext": [names[i] for i in at], "zeroline": False}


def plain(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.5g}")
