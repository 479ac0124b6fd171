"""What the attention lens is given, unpacked as the page unpacks it."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from playground.lenses.attention import view as attention
from playground.visitors.session import Session


def unpacked(text: str, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


def shown(session: Session) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """(value, small weights 0..254 or 255, the large map)."""
    value = attention.value(session)
    queries, keys = len(json.loads(value["queries"])), len(json.loads(value["keys"]))
    small = unpacked(value["w"], "u1", (value["layers"], value["heads"], queries, keys))
    return value, small, unpacked(value["big"], "<u2", (queries, keys))
