"""The tab "Long-term decay"."""

from __future__ import annotations

import json
from typing import Any

from models.position import RoPE
from playground.figures import position as figures
from playground.positions.decay import bound
from playground.positions.settings import PositionSettings


def chart(settings: PositionSettings) -> dict[str, Any]:
    """See `components.plot`."""
    if not isinstance(settings.position, RoPE):
        return {"fig": json.dumps({"data": [], "layout": {}})}
    heights = bound(settings.position, settings.head_dim, settings.distance)
    return {"fig": json.dumps(figures.decay([(f"base {settings.position.base:,g}", heights)]))}
