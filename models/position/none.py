"""No position scheme: order is visible only through the causal mask (Haviv et al. 2022, arXiv:2203.16634)."""

from typing import Literal

from models.position.base import Position, PositionConfig, Room


class NoPosition(PositionConfig):
    """Nothing says where a token stands; a causal mask still lets a model count what it sees."""

    tells = False
    kind: Literal["none"] = "none"
    paper = ("Haviv et al. 2022", "https://arxiv.org/abs/2203.16634")
    chip = "None"
    called = "no positions"
    heading = "Stack"
    enters = "This model has no positions: only the causal mask, if there is one, tells what came before"
    sees = "This model has no positions: distance can matter only through what the tokens say and the mask."

    def build(self, room: Room) -> Position:
        return Position()
