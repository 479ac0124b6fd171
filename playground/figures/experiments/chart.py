"""A chart of a few curves with their spreads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from playground.figures.curves import LABELS, Figure, Level
from playground.figures.experiments.labels import end, noted, spaced, text_at
from playground.figures.experiments.lines import Axis, Line, curve, spread

APART = 0.065  # of the height, from one line of text to the next


def chart(
    lines: Sequence[Line],
    x: Axis,
    y: Axis,
    *,
    levels: Sequence[Level] = (),
    notes: Sequence[str] = (),
    corner: Literal["upper left", "lower right"] = "upper left",
    apart: float = APART,
) -> Figure:
    """Curves over their spreads, reference levels named in the margin, and notes in a corner."""
    drawn = [line for line in lines if len(line.x)]
    named = [line for line in drawn if line.text != ""]
    furthest = max((line.x[-1] for line in named), default=x.low)
    last = [line for line in named if line.x[-1] == furthest]
    heights = spaced([*(y.at(line.y[-1]) for line in last), *(y.at(level.y) for level in levels)], y, apart)
    placed = dict(zip((line.label for line in last), heights, strict=False))
    texts = [end(line, x, y, placed.get(line.label)) for line in named]
    for level, height in zip(levels, heights[len(last) :], strict=True):
        texts.append({**text_at(1, height, level.label, "var(--text-2)"), "xref": "paper"})
    texts += [noted(note, i, corner) for i, note in enumerate(notes)]
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1}
    shapes = [
        {**across, "y0": level.y, "y1": level.y, "line": {"color": "var(--text-3)", "width": 1.2, "dash": "dot"}}
        for level in levels
    ]
    layout = {"xaxis": x.layout(), "yaxis": y.layout(), "margin": {"r": LABELS}, "annotations": texts, "shapes": shapes}
    spreads = [spread(line) for line in drawn if len(line.low) > 1]
    return {"data": spreads + [curve(line, x) for line in drawn], "layout": layout}
