"""A square over the queries and keys in sight."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.laboratories.positions import grid
from playground.positions.settings import PositionSettings

SIDE = 48  # positions of a square
PLACES: dict[str, Any] = {"row_title": "query position", "column_title": "key position", "picks": ("query", "key")}


def window(at: int, side: int = SIDE) -> range:
    """`side` positions with `at` among them, from a multiple of 8: the first ones as long as it is."""
    start = max(0, -((side - 1 - at) // 8) * 8)
    return range(start, start + side)


def square(settings: PositionSettings, matrix: np.ndarray, title: str, note: str, **more: Any) -> dict[str, Any]:
    """Over queries and keys in sight; what a causal stack masks is said to be."""
    queries, keys = window(settings.query), window(settings.key)
    ahead = np.asarray(keys)[None] > np.asarray(queries)[:, None]
    masked = ahead if more.pop("causal", False) and settings.sight == "back" else None
    most = float(np.abs(matrix).max()) or 1.0
    shown: dict[str, Any] = {"low": -most, "high": most} | more
    return grid.grid(
        matrix,
        title=title,
        note=note,
        rows=queries,
        columns=keys,
        masked=masked,
        chosen=(settings.query - queries.start, settings.key - keys.start),
        **PLACES,
        **shown,
    )
