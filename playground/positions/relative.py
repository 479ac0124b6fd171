"""Whether a score depends on the distance alone: query and key move on together, and the score is looked at again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from playground.positions.scheme import built, scores
from playground.positions.settings import PositionSettings, Setting

SHIFTS, FEW = 65, 17  # places along the slider at which the score is computed; few where each costs a projection
SAME = 1e-4  # of the size of scores: what single precision leaves


class Shifted(NamedTuple):
    """score(m + s, n + s) of one head."""

    shifts: list[int]
    scores: list[float]
    refused: str
    """Why it ends before the last shift, or ""."""


def moved(setting: Setting, query: int, key: int, head: int, furthest: int) -> Shifted:
    """The score at shifts 0 to `furthest`, as far as the scheme has positions."""
    last = furthest
    if setting.position.ends:
        last = max(0, min(furthest, setting.trained - 1 - max(query, key)))  # more points where it has vectors
    most = FEW if built(setting, 1).seam == "relative" else SHIFTS
    at = sorted({round(x) for x in np.linspace(0, last, min(most, last + 1))} | {furthest})
    found: list[float] = []
    for shift in at:
        try:
            found.append(score(setting, query + shift, key + shift, head))
        except ValueError as error:
            return Shifted(at[: len(found)], found, str(error))
    return Shifted(at, found, "")


def score(setting: Setting, query: int, key: int, head: int) -> float:
    """Of one query and one key of fixed contents; ValueError beyond learned positions."""
    return float(scores(setting, range(query, query + 1), range(key, key + 1), min(head, setting.heads - 1)))


def square(settings: PositionSettings, shift: int, side: int) -> np.ndarray:
    """(side, side) scores of the drawn head, queries and keys from `shift` on."""
    at = range(shift, shift + side)
    return scores(settings, at, at, settings.drawn_head())[0].numpy()
