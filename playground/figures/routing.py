"""Figures of routing: how much experts tell of their tokens over training, and the ways of tokens through layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.figures.curves import COLOURS, Curve, Figure, Level, curves

THIN = 0.004  # share of all tokens below which a way is not drawn
EXPERTS = 16  # colours before they repeat
TEXT = {"color": "var(--text)", "size": 12, "shadow": "none"}  # labels stand on the ways


def information(
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    *,
    total: float,
    chance: tuple[str, float],
    marks: Sequence[tuple[int, str]] = (),
    cursor: float | None = None,
) -> Figure:
    """Shares of entropy, 0 to 1: (label, steps, shares) each."""
    drawn = [
        Curve(f"{label} {shares[-1]:.2f}" if shares else label, steps, shares, COLOURS[1 + i % 3])
        for i, (label, steps, shares) in enumerate(lines)
    ]
    return curves(
        drawn,
        total=total,
        y_title="share of the entropy told",
        y_range=(-0.02, 1.08),
        levels=[Level(f"{chance[0]} by chance {chance[1]:.2f}".strip(), chance[1])],
        marks=marks,
        cursor=cursor,
    )


def paths(names: Sequence[str], between: Sequence[np.ndarray]) -> Figure:
    """A Sankey diagram, in Plotly's own form: tokens from the first-choice expert of one layer to that of
    the next; the thinnest ways are left out.
    """
    experts = len(between[0]) if between else 0
    labels = [f"{name} E{e}" for name in names for e in range(experts)]
    colours = [f"var(--cat-{e % EXPERTS})" for _ in names for e in range(experts)]
    source, target, value = [], [], []
    for i, counts in enumerate(between):
        least = THIN * counts.sum()
        for a, b in zip(*np.nonzero(counts > least), strict=True):
            source.append(i * experts + int(a))
            target.append((i + 1) * experts + int(b))
            value.append(int(counts[a, b]))
    node = {"label": labels, "color": colours, "pad": 8, "thickness": 14}
    link = {"source": source, "target": target, "value": value, "color": "var(--line-strong)"}
    return {
        "data": [{"type": "sankey", "node": node, "link": link, "textfont": TEXT}],
        "layout": {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}},
    }
