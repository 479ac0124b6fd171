"""Heat maps as plain values: around 0, or from 0 to 1; first row on top, empty where there is no number. The page draws
them (`static/lenses/intervene/cell-grid.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.figures.curves import plain

Heat = dict[str, Any]
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
) -> Heat:
    """{values: [[number or None]], low, high, scale: "div" or "seq", rows, columns: names, titles: [of rows, of
    columns], unit, hover: [[what a cell says]], text: [[what is written in it]] or None}.

    `around`: 0 is the middle of the colours, which reach at least `least` both ways; else they go from 0 to 1.
    """
    far = max(least, float(np.nanmax(np.abs(values), initial=0.0)) if np.isfinite(values).any() else 0.0)
    if text is None and max(values.shape, default=0) <= WRITTEN:
        text = [["" if np.isnan(v) else f"{round(v, 2) + 0.0:.2f}" for v in row] for row in values]
    return {
        "values": [[plain(v) for v in row] for row in values],
        "low": -far if around else 0,
        "high": far if around else 1,
        "scale": "div" if around else "seq",
        "rows": list(y),
        "columns": list(x),
        "titles": [y_title, x_title],
        "unit": z_title,
        "hover": [list(row) for row in hover],
        "text": None if text is None else [list(row) for row in text],
    }
