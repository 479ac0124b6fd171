"""Where the words of a chart stand: at the ends of curves, apart from one another, and in a corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.figures.experiments.lines import Axis, Line


def end(line: Line, x: Axis, y: Axis, height: float | None) -> dict[str, Any]:
    """In the margin at `height`; of a line that ends before the others, above its end. In the curve's colour, or behind
    a dot of it where that is too pale to be read.
    """
    pale, said = "--cat" in line.colour, line.label if line.text is None else line.text
    text = f'<span style="color:{line.colour}">●</span> {said}' if pale else f"<b>{said}</b>"
    at, colour = x.at(line.x[-1]), "var(--text-2)" if pale else line.colour
    if height is not None:
        return {**text_at(at, height, text, colour), "xshift": 6, "align": "left"}
    side = "right" if 2 * at > x.at(x.low) + x.at(x.high) else "left"
    return {
        **text_at(at, y.at(line.y[-1]), text, colour),
        "xanchor": side,
        "yanchor": "bottom",
        "yshift": 4,
        "align": side,
    }


def noted(text: str, row: int, corner: str) -> dict[str, Any]:
    up, left = corner.split()
    at, edge = ("top", 1) if up == "upper" else ("bottom", 0)
    place = {"xref": "paper", "yref": "paper", "xanchor": left, "yanchor": at, "align": left}
    shift = {"xshift": 8 if left == "left" else -8, "yshift": (-15 if edge else 15) * row}
    return {**text_at(0 if left == "left" else 1, edge, text, "var(--text-2)"), **place, **shift}


def text_at(x: float, y: float, text: str, colour: str) -> dict[str, Any]:
    place = {"xanchor": "left", "yanchor": "middle", "showarrow": False}
    return {"x": x, "y": y, "text": text, "font": {"color": colour, "size": 11}, **place}


def spaced(heights: Sequence[float], axis: Axis, share: float) -> list[float]:
    """No two closer than this share of the axis, moved up and down as little as it takes."""
    gap = share * (axis.at(axis.high) - axis.at(axis.low))
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    groups: list[list[float]] = []  # (sum of wished middles, how many) of labels that touch
    for i in order:
        groups.append([heights[i], 1])
        while len(groups) > 1:
            (low, n), (high, m) = groups[-2:]
            if high / m - low / n >= gap * (n + m) / 2:
                break
            groups[-2:] = [[low + high, n + m]]
    placed = list(heights)
    for total, count in groups:
        for j in range(int(count)):
            placed[order.pop(0)] = total / count + gap * (j - (count - 1) / 2)
    return placed
