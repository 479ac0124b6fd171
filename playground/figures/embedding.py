"""Figures of word vectors."""

from __future__ import annotations

from collections.abc import Sequence

from playground.figures.curves import COLOURS, Axis, Curve, Figure, Level, chart, curves

METHODS = ("skip-gram", "CBOW")
Pair = tuple[float, float, float]
"""Words read, a number of skip-gram, the same of CBOW."""


def agreement(points: Sequence[Pair], total: float, chance: float) -> Figure:
    """Share of the nearest neighbours that share the word's class, 0 to 1, over the words read."""
    levels = [Level(f"by chance {chance:.2f}", chance), Level("0.90", 0.9)]
    return curves(
        _pair(points),
        total=total,
        x_title="words read",
        y_title="share of the 5 nearest",
        y_range=(0.0, 1.15),
        levels=levels,
    )


def loss(points: Sequence[Pair], total: float) -> Figure:
    """Mean loss, nats, over the words read: of skip-gram's pairs and of CBOW's centres, negatives included."""
    top = max((max(left, right) for _, left, right in points), default=4.5)
    return curves(
        _pair(points), total=total, x_title="words read", y_title="nats per target", y_range=(0.0, 1.1 * max(top, 4.5))
    )


def nothing(why: str) -> Figure:
    """An empty chart that says why."""
    return chart([], Axis("", 0, 1), Axis("", 0, 1), notes=[[why, "middle"]])


def _pair(points: Sequence[Pair]) -> list[Curve]:
    at = [point[0] for point in points]
    return [Curve(name, at, [point[i + 1] for point in points], COLOURS[i + 1]) for i, name in enumerate(METHODS)]
