"""Figures of position schemes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.figures.curves import COLOURS, Curve, Figure, curves


def decay(lines: Sequence[tuple[str, np.ndarray]]) -> Figure:
    """RoFormer's bound by distance: (label, bound at 0, 1, 2 ...) each."""
    drawn = [
        Curve(label, list(range(len(heights))), heights.tolist(), COLOURS[i], 2.4 if i == 0 else 1.6)
        for i, (label, heights) in enumerate(lines)
    ]
    end = max(len(heights) - 1 for _, heights in lines)
    top = max(float(heights.max()) for _, heights in lines)
    return curves(
        drawn,
        total=end,
        x_title="distance between query and key, tokens",
        y_title="bound on similarity",
        y_range=(0.0, 1.05 * top),
    )
