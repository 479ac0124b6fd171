"""Switch routing (Fedus et al. 2021, arXiv:2101.03961, eq. 1 and 2): one expert per token, and its plain probability as
the gate, through which alone the router learns.
"""

from __future__ import annotations

from typing import Literal

from models.moe.base import Learned, Room, Router
from models.moe.top_k import SelectingRouter


class Switch(Learned):
    """One expert per token, weighted with its probability."""

    kind: Literal["Switch"] = "Switch"
    paper = ("Fedus et al. 2021", "https://arxiv.org/abs/2101.03961")

    def build(self, room: Room) -> Router:
        return SelectingRouter(self, room)

    def choices(self, room: Room) -> int:
        return room.split
