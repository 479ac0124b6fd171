"""ALiBi: a penalty that grows with distance (Press et al. 2022, arXiv:2108.12409)."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor

from models.position.base import Position, PositionConfig, Room


def slopes(heads: int) -> list[float]:
    """m_h = 2^(-8 h / H), h = 1..H; for H no power of two, the reference code's interleaving of two such series."""
    if heads < 1:
        raise ValueError(f"heads must be at least 1, got {heads}")
    power = 2 ** int(math.log2(heads))
    series = [2.0 ** (-8.0 * h / power) for h in range(1, power + 1)]
    return series + [2.0 ** (-4.0 * h / power) for h in range(1, 2 * power + 1, 2)][: heads - power]


class ALiBi(PositionConfig):
    """score -= m_h * distance: near keys are preferred, each head at its own rate. Looking both ways, symmetric."""

    acts_in_attention: ClassVar[bool] = True
    acts_on_scores: ClassVar[bool] = True
    kind: Literal["ALiBi"] = "ALiBi"
    paper = ("Press et al. 2022", "https://arxiv.org/abs/2108.12409")
    heading = "Slopes"
    adds = "ALiBi bias"
    enters = "ALiBi lowers every score, in every attention, by a slope times the distance"
    sees = "The bias falls by the head’s slope with every token; the content may work against it."

    def build(self, room: Room) -> Position:
        return LinearBias(room.heads)


class LinearBias(Position):
    slope_H11: Tensor

    def __init__(self, heads: int):
        super().__init__()
        self.register_buffer("slope_H11", torch.tensor(slopes(heads))[:, None, None], persistent=False)

    def bias(self, queries: int, keys: int, start: int = 0) -> Tensor:
        at_T1 = torch.arange(start, start + queries, device=self.slope_H11.device)[:, None]
        at_1S = torch.arange(keys, device=self.slope_H11.device)[None]
        return -self.slope_H11 * (at_T1 - at_1S).abs()
