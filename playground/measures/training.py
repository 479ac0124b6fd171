"""What happened in a run, from its losses: where it fell, how far it is from guessing and from the floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

WINDOW = 20  # steps over which a fall is measured
SHARE = 0.25  # of the way from the first loss to the lowest: less is no phase change


class Fall(NamedTuple):
    """The steepest fall of the loss: the step in its middle, and the mean losses before and after."""

    step: int
    before: float
    after: float


def steepest_fall(losses: Sequence[float]) -> Fall | None:
    """The phase change of a run, or None.

    Rule: the mean loss of 20 steps drops to that of the 20 steps behind by at least a quarter of the whole way down,
    at least three times the mean drop of the windows before (a plateau, then a fall), and at least five standard errors
    of such a difference, after the first 40 steps. The first such fall counts, at its steepest, so that what happens
    later does not move it.
    """
    loss = np.asarray(losses, dtype=float)
    if len(loss) < 4 * WINDOW:
        return None
    means = np.convolve(loss, np.full(WINDOW, 1 / WINDOW), mode="valid")
    drops = means[:-WINDOW] - means[WINDOW:]
    way = loss[:5].mean() - means.min()
    noise = np.diff(loss).std() / np.sqrt(WINDOW)  # of the difference of two means, from steps to their neighbours
    steps = np.arange(len(drops))
    earlier = (loss[:5].mean() - means[: len(drops)]) / np.maximum(1.0, steps / WINDOW)
    falls = (drops >= np.maximum(np.maximum(SHARE * way, 5 * noise), 3 * earlier)) & (steps >= WINDOW)
    if way <= 0 or not falls.any():
        return None
    first = int(falls.argmax())
    at = first + int(drops[first : first + 2 * WINDOW].argmax())
    return Fall(at + WINDOW, float(means[at]), float(means[at + WINDOW]))


def first_above(steps: Sequence[int], values: Sequence[float], level: float) -> int | None:
    """The step from which `values` stay at or above `level` to the end; None if they do not end there."""
    since = None
    for step, value in zip(steps, values, strict=True):
        since = (step if since is None else since) if value >= level else None
    return since
