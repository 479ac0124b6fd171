"""A matrix as a picture, 16 bits a cell: a cell under the pointer or the arrow keys says its number."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

MASKED, MOST = 65535, 65534


def grid(
    matrix: np.ndarray,
    *,
    title: str,
    note: str = "",
    rows: Sequence[object],
    columns: Sequence[object],
    row_title: str,
    column_title: str,
    low: float,
    high: float,
    scale: str = "div",
    masked: np.ndarray | None = None,
    chosen: tuple[int, int] | None = None,
    picks: tuple[str, str] | None = None,
    said: str = "",
) -> dict[str, Any]:
    """`scale`: "div" around 0 or "seq". `picks`: settings that a press on a cell sets to its row's and column's label.
    Values outside `low` to `high` are drawn at the end of the scale. Event: do {action: "set:{...}"} of such a press.
    """
    share = np.clip((matrix - low) / ((high - low) or 1.0), 0.0, 1.0)
    packed = np.where(masked if masked is not None else False, MASKED, np.rint(share * MOST)).astype("<u2")
    return {
        "w": base64.b64encode(packed.tobytes()).decode(),
        "low": float(low),
        "high": float(high),
        "scale": scale,
        "rows": json.dumps([str(row) for row in rows]),
        "columns": json.dumps([str(column) for column in columns]),
        "row_title": row_title,
        "column_title": column_title,
        "title": title,
        "note": note,
        "chosen": json.dumps(chosen),
        "picks": json.dumps(picks),
        "said": said or f"{title}, {matrix.shape[0]} by {matrix.shape[1]}",
    }


NOTHING: dict[str, Any] = {"title": ""}
"""Draws nothing, and takes no room."""
