"""The curves of a training run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from playground.figures.curves import COLOURS, Curve, Figure, Level, curves

Marks = Sequence[tuple[int, str]]
Pairs = tuple[Sequence[float], Sequence[float]]


def _before(pairs: Pairs | None) -> list[Curve]:
    """Thin, and under the others: up to the fork it is the same run."""
    return [Curve("before the fork", *pairs, COLOURS[2], 1.0)] if pairs else []


def loss(
    train: Pairs,
    validation: Pairs,
    *,
    total: float,
    chance: float | None,
    floor: float | None,
    marks: Marks = (),
    cursor: float | None = None,
    before: Pairs | None = None,
) -> Figure:
    """Loss in nats per scored token: each batch, and held-out examples; a uniform guess and the floor as levels.
    `before`: held-out examples of the run that this one was forked from.
    """
    seen = [value for value in (*train[1][:1], *train[1][-1:], *validation[1]) if math.isfinite(value)]
    top = max([*seen, chance or 0.0, 1e-3])  # also of a loss that grows
    levels = [Level(f"uniform guess {chance:.2f}", chance)] if chance is not None else []
    levels += [Level(f"floor {floor:.2f}", floor)] if floor is not None else []
    lines = [*_before(before), Curve("train", *train, COLOURS[1], 1.2), Curve("held-out", *validation, COLOURS[0], 2.0)]
    return curves(
        lines,
        total=total,
        y_title="loss, nats per token",
        y_range=(-0.03 * top, 1.15 * top),
        levels=levels,
        marks=marks,
        cursor=cursor,
    )


def accuracy(
    train: Pairs,
    validation: Pairs,
    *,
    total: float,
    chance: float,
    marks: Marks = (),
    cursor: float | None = None,
    before: Pairs | None = None,
) -> Figure:
    """Share of scored tokens predicted right, 0 to 1, against guessing; `before` as in `loss`."""
    lines = [*_before(before), Curve("train", *train, COLOURS[1], 1.2), Curve("held-out", *validation, COLOURS[0], 2.0)]
    return curves(
        lines,
        total=total,
        y_title="accuracy, share of tokens",
        y_range=(-0.02, 1.22 if before else 1.12),  # room for the labels
        levels=[Level(f"by chance {chance:.2f}", chance)],
        marks=marks,
        cursor=cursor,
    )


def gradient(norms: Pairs, *, total: float, clip: float, cursor: float | None = None) -> Figure:
    """Norm of the gradient before clipping, logarithmic."""
    steps, values = norms
    shown = np.clip(np.asarray(values, dtype=float), 1e-6, None)
    levels = [Level(f"clipped at {clip:g}", clip)] if clip else []
    return curves(
        [Curve("gradient norm", steps, shown.tolist(), COLOURS[2], 1.2)],
        total=total,
        y_title="gradient norm",
        log=True,
        levels=levels,
        cursor=cursor,
    )


def rate(rates: Pairs, *, total: float, top: float, marks: Marks = (), cursor: float | None = None) -> Figure:
    """Learning rate of each update."""
    return curves(
        [Curve("learning rate", *rates, COLOURS[3])],
        total=total,
        y_title="learning rate",
        y_range=(0.0, 1.2 * top),
        marks=marks,
        cursor=cursor,
    )


def roles(
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    *,
    total: float,
    chance: float,
    marks: Marks = (),
    cursor: float | None = None,
) -> Figure:
    """Scores of up to three head roles over training, 0 to 1: (label, steps, scores) each."""
    drawn = [Curve(label, steps, scores, COLOURS[1 + i % 3]) for i, (label, steps, scores) in enumerate(lines[:3])]
    return curves(
        drawn,
        total=total,
        y_title="score",
        y_range=(-0.02, 1.08),
        levels=[Level(f"by chance {chance:.2f}", chance)],
        marks=marks,
        cursor=cursor,
    )
