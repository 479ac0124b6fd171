"""No position scheme: order is visible only through the causal mask (Haviv et al. 2022, arXiv:2203.16634)."""

from typing import Literal

from models.position.base import Position, PositionConfig, Room


class NoPosition(PositionConfig):
    """Nothing says where a token stands; a causal mask still lets a model count what it sees."""

    kind: Literal["none"] = "none"

    def build(self, room: Room) -> Position:
        return Position()
