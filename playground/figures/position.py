"""Figures of position schemes. Of several settings the one in hand comes first, and is drawn on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.figures.curves import COLOURS, Axis, Curve, Figure, Level, chart, curves

Lines = Sequence[tuple[str, np.ndarray]]
"""(label, value at 0, 1, 2 ...) each."""
DISTANCE = "distance between query and key, tokens"


def by_distance(
    lines: Lines,
    *,
    y_title: str,
    least: float | None = None,
    trained: int | None = None,
    cursor: tuple[int, str] | None = None,
    points: Sequence[int] = (),
    band: tuple[np.ndarray, np.ndarray] | None = None,
) -> Figure:
    """Something against distance. `cursor` is the distance in hand and what is said of it; `points` are distances of
    the first line that are named; `band` (low, high) is what chance gives.
    """
    end = max(len(heights) for _, heights in lines) - 1
    seen = np.concatenate([*(heights for _, heights in lines), *(band or ())])
    low, high = float(seen.min()), float(seen.max())
    low = low if least is None else min(least, low)
    rest = 0.06 * (high - low or 1.0)
    heights = lines[0][1]
    at = cursor if cursor and cursor[0] <= end else None
    dots = [[at[0], float(heights[at[0]]), "var(--accent)", 4]] if at and at[0] < len(heights) else []
    dots += [[x, float(heights[x]), "var(--text)", 3.5] for x in points]
    told = ", ".join(f"{heights[x]:.2f} at {x}" for x in points)
    return chart(
        [*([_band(*band)] if band else []), *_curves(lines)],
        Axis(DISTANCE, 0, end),
        Axis(y_title, low if least == low else low - rest, high + rest),
        marks=[(trained, f"trained length {trained}")] if trained is not None and 0 < trained < end else [],
        cursor=at,
        points=dots,
        notes=[[told, [points[0], float(min(heights[x] for x in points))]]] if points else [],
    )


def by_pair(lines: Lines, *, trained: int, chosen: int | None = None, plain: np.ndarray | None = None) -> Figure:
    """Wavelength of each pair, in tokens, against what training has seen; `plain` without scaling."""
    end = max(len(heights) for _, heights in lines) - 1
    lowest = min(float(np.min(h)) for _, h in lines)
    highest = max(float(np.max(h)) for _, h in lines)
    unscaled = [] if plain is None else [_curve("without scaling", plain, "var(--text-3)", 1.6, dash="dash", end="")]
    return chart(
        [*unscaled, *_curves(lines)],
        Axis("pair", 0, max(end, 1)),
        Axis("tokens per full turn", min(lowest, trained) / 2, max(highest, trained) * 3, True),
        levels=[Level(f"trained length {trained:,}: above it, never a full turn", trained, inside=True)],
        cursor=None if chosen is None else (chosen, ""),
    )


def by_head(values: np.ndarray, *, y_title: str, chosen: int) -> Figure:
    """One value per head, on a logarithmic axis."""
    end = max(len(values) - 1, 1)
    return chart(
        [_curve(y_title, values, COLOURS[0], 1.2, end="", dots=3.5)],
        Axis("head", -0.3, end + 0.3),
        Axis(y_title, float(values.min()) / 1.5, float(values.max()) * 1.5, True),
        points=[[chosen, float(values[chosen]), "var(--accent)", 5]],
    )


def by_shift(lines: Sequence[tuple[str, Any]], *, cursor: int, end: int) -> Figure:
    """Scores at some shifts: (label, {shifts, scores}) each; a line ends where a scheme has no positions left."""
    drawn = [
        Curve(label, seen.shifts[: len(seen.scores)], seen.scores, COLOURS[i], 1.6 if i else 2.4)
        for i, (label, seen) in enumerate(lines)
    ]
    values = [score for line in drawn for score in line.y]
    middle, reach = (max(values) + min(values)) / 2, max(0.75 * (max(values) - min(values)), 0.5)
    return curves(
        drawn[::-1],
        total=end,
        x_title="shift of both, tokens",
        y_title="score",
        y_range=(middle - reach, middle + reach),
        cursor=cursor,
    )


def steps(offsets: np.ndarray, values: np.ndarray, *, y_title: str, cursor: int) -> Figure:
    """Whole numbers by offset (key minus query), as stairs."""
    rest = 0.06 * (float(values.max() - values.min()) or 1.0)
    return chart(
        [Curve(y_title, offsets.tolist(), values.tolist(), end="", stairs=True)],
        Axis("key minus query, tokens", int(offsets[0]), int(offsets[-1])),
        Axis(y_title, float(values.min()) - rest, float(values.max()) + rest),
        cursor=(cursor, ""),
    )


def _curve(label: str, heights: np.ndarray, colour: str, width: float, **more: Any) -> Curve:
    return Curve(label, list(range(len(heights))), heights.tolist(), colour, width, **more)


def _curves(lines: Lines) -> list[Curve]:
    drawn = [_curve(label, heights, COLOURS[i], 1.6 if i else 2.4) for i, (label, heights) in enumerate(lines)]
    return drawn[::-1]


def _band(low: np.ndarray, high: np.ndarray) -> Curve:
    """One standard deviation either side, grey, without a line or a name."""
    every = max(1, len(low) // 120)
    x = list(range(len(low)))[::every]
    edges = low[::every].tolist(), high[::every].tolist()
    return Curve("", x, [], "var(--text-3)", 0, low=edges[0], high=edges[1])
