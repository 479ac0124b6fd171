"""Soft mixture (Jacobs et al. 1991; the dense limit of routing): every expert computes every token."""

from __future__ import annotations

from typing import Literal

import torch

from models.moe.base import Asked, Choice, Learned, LearnedRouter, Room, Router


class Soft(Learned):
    """Every token goes to every expert, weighted with its probability: nothing is saved, nothing dropped."""

    kind: Literal["soft"] = "soft"
    paper = ("Jacobs et al. 1991", "https://doi.org/10.1162/neco.1991.3.1.79")
    picks = "nobody"
    selects = False

    def build(self, room: Room) -> Router:
        return SoftRouter(self, room)

    def choices(self, room: Room) -> int:
        return room.experts


class SoftRouter(LearnedRouter):
    """y = sum over i of softmax(x W)_i E_i(x)."""

    def forward(self, asked: Asked) -> Choice:
        if asked.forced_N is not None:
            raise ValueError("A soft mixture sends every token to every expert: none can be forced.")
        logits_NE = self.logits(asked)
        probs_NE = logits_NE.softmax(dim=-1)
        experts_NE = torch.arange(self.room.experts, device=probs_NE.device).expand_as(probs_NE)
        return Choice(logits_NE, probs_NE, experts_NE, probs_NE, experts_NE)
