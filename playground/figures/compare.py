"""Curves of variants that train together: mean over seeds, and a band from the lowest to the highest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground.figures.curves import COLOURS, Curve, Figure, curves


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
) -> Figure:
    """Up to four curves with one cursor; with several seeds a band around each."""
    drawn = [
        Curve(
            line.label,
            line.steps.tolist(),
            line.mean.tolist(),
            colour(i),
            low=line.low.tolist() if seeds > 1 else (),
            high=line.high.tolist() if seeds > 1 else (),
        )
        for i, line in enumerate(lines)
    ]
    x_title = "step" if seeds == 1 else f"step, lines: mean of {seeds} seeds, bands: lowest to highest"
    return curves(drawn, total=total, y_title=y_title, y_range=y_range, cursor=cursor, x_title=x_title)
