"""Learned absolute positions (Gehring et al. 2017, arXiv:1705.03122; BERT and GPT-2 use them)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.position.base import ADDED, Position, PositionConfig, Room, end, places


class Learned(PositionConfig):
    """One trained vector per position is added to the embedding; there is none beyond the context."""

    absolute: ClassVar[bool] = True
    kind: Literal["learned"] = "learned"
    ends = True
    paper = ("Gehring et al. 2017, §3.1", "https://arxiv.org/abs/1705.03122")
    chip = "Learned"
    heading = "Table"
    sees = ADDED

    def build(self, room: Room) -> Position:
        return LearnedPosition(room)

    def parameters(self, room: Room) -> int:
        return room.context * room.width


class LearnedPosition(Position):
    def __init__(self, room: Room):
        super().__init__()
        self.table = nn.Parameter(torch.empty(room.context, room.width))

    def embed(self, x_BTD: Tensor, start: int | Tensor = 0) -> Tensor:
        length, known = x_BTD.shape[-2], self.table.shape[0]
        if (last := end(start, length)) > known:
            raise ValueError(
                f"Learned positions end at {known}: a sequence of {last} tokens has no vector for the rest."
            )
        here = slice(start, start + length) if isinstance(start, int) else places(start, length)
        return x_BTD + self.table[here].to(x_BTD.dtype)
