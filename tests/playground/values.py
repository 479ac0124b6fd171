"""What the Experts lens is given, read as the page reads it."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from models.records import Routing
from playground.lenses.experts import view as experts
from playground.lenses.experts.view import routed
from playground.runs.loads import Routed


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


class Shown:
    """A value of the lens, and the routing that it shows."""

    def __init__(self, value: dict[str, Any], routed: Routed):
        self.value, self.routed = value, routed
        self.routing: Routing = routed.layers[value["layer"]]
        self.load = self.json("load")
        for name, text in value.items():
            if isinstance(text, str) and text[:1] in ("{", "["):
                self.json(name)

    def json(self, name: str) -> Any:
        return json.loads(self.value[name], parse_constant=_no_constant)

    def bytes(self, text: str) -> np.ndarray:
        return np.frombuffer(base64.b64decode(text), np.uint8)

    def token(self, n: int) -> tuple[int, int, set[tuple[int, int, int]]]:
        """(choices, those without a seat, {(expert, seat, kept)}) of a token."""
        columns = (self.routing.experts_NK[n], self.routing.seats_NK[n], self.routing.kept_NK[n])
        asked = {(int(e), int(s), int(k)) for e, s, k in zip(*columns, strict=True) if s >= 0}
        return len(asked), sum(not kept for *_, kept in asked), asked

    def same(self, told: tuple, whole: tuple) -> bool:
        """Whether what is told of a token, whose lighter choices may be left out, is so."""
        return told[:2] == whole[:2] and set(told[2]) <= whole[2]


def shown(session: Any) -> Shown:
    """The lens as it is now."""
    seen = routed(session)
    return Shown(experts.value(session, seen), seen)
