"""Routing without learning, the baselines of every paper: by a hash of the token (Roller et al. 2021,
arXiv:2106.04426), or at random (Zuo et al. 2022, arXiv:2110.04260).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from models.config import knob, refuse
from models.moe.base import Asked, Choice, Room, Router, RouterConfig

MIX, MASK = 2_654_435_761, 2**32 - 1  # Knuth's multiplicative hash


class Fixed(RouterConfig):
    """What routers share that learn nothing."""

    learns, selects = False, False
    draws: ClassVar[bool] = False
    """Whether other experts are drawn at every update."""
    k: int = knob(1, "Experts per token", "Each counts the same.", live=True, ge=1, le=256, most=64)

    def choices(self, room: Room) -> int:
        return self.k * room.split

    def build(self, room: Room) -> Router:
        return FixedRouter(self, room)

    def check(self, room: Room) -> None:
        if self.choices(room) > room.experts:
            refuse(
                "router.k",
                f"A token cannot go to {self.choices(room)} of {room.experts} experts. Lower k or add experts.",
            )


class Hash(Fixed):
    """The same token always goes to the same experts, whatever surrounds it."""

    kind: Literal["hash"] = "hash"
    paper = ("Roller et al. 2021", "https://arxiv.org/abs/2106.04426")


class Random(Fixed):
    """Each token goes to random experts, others at every update; when evaluated, by a hash of token and position."""

    kind: Literal["random"] = "random"
    draws = True
    paper = ("Zuo et al. 2022", "https://arxiv.org/abs/2110.04260")


class FixedRouter(Router):
    """K experts in a row, from the one that a hash or a draw names; gates 1/K."""

    def __init__(self, config: Fixed, room: Room):
        super().__init__()
        self.config, self.room = config, room

    def forward(self, asked: Asked) -> Choice:
        experts, k = self.room.experts, self.config.choices(self.room)
        first_N = self._first(asked)
        if asked.forced_N is not None:
            first_N = torch.where(asked.forced_N >= 0, asked.forced_N, first_N)
        experts_NK = (first_N[:, None] + torch.arange(k, device=first_N.device)) % experts
        x = asked.x_ND
        exact = torch.promote_types(x.dtype, torch.float32)
        weights_NK = torch.full(experts_NK.shape, 1 / k, dtype=exact, device=x.device)
        probs_NE = F.one_hot(experts_NK, experts).sum(dim=1).to(exact) / k
        return Choice(torch.zeros_like(probs_NE), probs_NE, experts_NK, weights_NK, experts_NK)

    def _first(self, asked: Asked) -> Tensor:
        if asked.ids_N is None or asked.at_N is None:
            raise ValueError(f"{self.config.kind} routing reads token ids and positions: give them.")
        if not self.config.draws:
            return _hash(asked.ids_N + 1) % self.room.experts
        if not asked.p.training:
            return _hash(_hash(asked.ids_N + 1) + asked.at_N) % self.room.experts
        drawn = torch.randint(
            self.room.experts, asked.ids_N.shape, generator=asked.p.noise(), device=asked.ids_N.device
        )
        return drawn


def _hash(x_N: Tensor) -> Tensor:
    mixed_N = x_N * MIX & MASK
    return (mixed_N ^ mixed_N >> 15) * MIX >> 16 & 0xFFFF
