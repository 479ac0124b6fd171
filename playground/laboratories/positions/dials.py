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
    """Value:

        pairs       JSON [[index, radians per token]]; [] takes no room
        query, key  positions
        chosen      index of the pair in hand
        total       pairs there are
        pair        JSON {channels, query, key, product}: the two channels of the chosen pair before they turn
        amplitude   what turned vectors are multiplied by

    Event: do {action: "set:{...}"}, of a pair that is pressed, and of the positions after a turn. Property `large`:
    draw the chosen pair alone, as a plane with its two channels as axes.
    """
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
