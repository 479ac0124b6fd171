"""A chart whose heading changes with what it shows."""

from __future__ import annotations

import json
from typing import Any

from playground.figures.curves import Figure

NOTHING: dict[str, Any] = {"title": "", "fig": "{}"}
"""Draws nothing, and takes no room."""


def chart(title: str, note: str, figure: Figure, said: str = "", formula: str = "") -> dict[str, Any]:
    """See `components.chart`. `said`: what it shows, for a screen reader; the title by default."""
    return {"title": title, "note": note, "fig": json.dumps(figure), "said": said or title, "formula": formula}
