"""Noisy top-k (Shazeer et al. 2017, arXiv:1701.06538, eq. 3 to 5): in training the scores get Gaussian noise whose size
is itself trained.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from models.config import knob, refuse
from models.linear import Linear
from models.moe.base import Asked, Room, Router
from models.moe.top_k import ONE_GATE, Selecting, SelectingRouter


class NoisyTopK(Selecting):
    """Top-k of scores that carry trained noise; softmax over the k selected."""

    kind: Literal["noisy top-k"] = "noisy top-k"
    paper = ("Shazeer et al. 2017, eq. 3 to 5", "https://arxiv.org/abs/1701.06538")
    noise: float = knob(1.0, "Noise", "The trained noise is multiplied by this; 0: off.", live=True, ge=0.0, le=10.0)

    def build(self, room: Room) -> Router:
        return NoisyTopKRouter(self, room)

    def parameters(self, room: Room) -> int:
        return 2 * super().parameters(room)

    def check(self, room: Room) -> None:
        super().check(room)
        if self.choices(room) == 1:
            refuse("router.k", ONE_GATE)


class NoisyTopKRouter(SelectingRouter):
    """H = x W_g + N(0, 1) softplus(x W_noise); the gates are a softmax over the k highest H."""

    config: NoisyTopK

    def __init__(self, config: NoisyTopK, room: Room):
        super().__init__(config, room)
        self.noise = Linear(room.width, room.experts, bias=False)

    def scored(self, asked: Asked) -> Tensor:
        x_ND = self.reads(asked)
        logits_NE = self.scores(x_ND, self.router.weight)
        if not asked.p.training or not self.config.noise:
            return logits_NE
        spread_NE = F.softplus(self.scores(x_ND, self.noise.weight))
        drawn_NE = torch.randn(
            logits_NE.shape, generator=asked.p.noise(), device=logits_NE.device, dtype=logits_NE.dtype
        )
        return logits_NE + self.config.noise * drawn_NE * spread_NE

    def gates(self, logits_NE: Tensor, probs_NE: Tensor, experts_NK: Tensor) -> Tensor:
        return logits_NE.gather(1, experts_NK).softmax(dim=-1)
