"""The rotating pairs, in "The scheme" and in "Long-term decay"."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from models.position import RoPE
from playground.positions import rotation
from playground.positions.settings import PositionSettings

NOTHING: dict[str, Any] = {"pairs": "[]"}


def value(settings: PositionSettings) -> dict[str, Any]:
    """See `components.dials`."""
    position = settings.position
    if not isinstance(position, RoPE):
        return NOTHING
    theta, turned = rotation.frequencies(settings), rotation.turned(settings)
    return {
        "pairs": json.dumps([[pair, float(theta[pair])] for pair in rotation.few(settings)]),
        "query": settings.query,
        "key": settings.key,
        "chosen": settings.drawn_pair(),
        "total": settings.pairs(),
        "pair": json.dumps({**turned._asdict(), "theta": float(theta[settings.drawn_pair()])}),
        "amplitude": position.scaling.amplitude(),
    }


def unscaled(settings: PositionSettings) -> np.ndarray | None:
    """Wavelengths without scaling, where there is some."""
    position = settings.position
    if not isinstance(position, RoPE) or position.scaling.way == "none":
        return None
    return rotation.wavelengths(rotation.plain(settings.now()))


def said(settings: PositionSettings) -> str:
    waves = rotation.wavelengths(settings)
    return f"Wavelengths from {waves[0]:.1f} tokens of pair 0 to {waves[-1]:,.0f} of pair {len(waves) - 1}"
