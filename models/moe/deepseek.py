"""DeepSeek's routers: DeepSeekMoE (Dai et al. 2024, arXiv:2401.06066, eq. 9 to 11; group limit: DeepSeek-V2,
arXiv:2405.04434, sec. 2.2.2) and DeepSeek-V3 (arXiv:2412.19437, eq. 12 to 16).
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from models.config import knob, refuse
from models.moe.base import Asked, Choice, Room, Router, select
from models.moe.top_k import ONE_GATE, Selecting, SelectingRouter


class Grouped(Selecting):
    """What both share: a gate scale, and experts in groups of which each token may use a few."""

    scale: float = knob(
        1.0, "Gate scale", "The gates are multiplied by this.", live=True, gt=0.0, le=100.0, advanced=True
    )
    groups: int = knob(
        1,
        "Expert groups",
        "Experts in so many equal groups, such as those of one device.",
        ge=1,
        le=256,
        most=64,
        advanced=True,
    )
    groups_kept: int = knob(
        1, "Groups per token", "A token's experts come from this many groups.", live=True, ge=1, le=256, advanced=True
    )

    def reach(self, room: Room, devices: int) -> int:
        of_a_group = -(-devices // self.groups)  # devices, rounded up
        return min(super().reach(room, devices), of_a_group * self.groups_kept)

    def check(self, room: Room) -> None:
        super().check(room)
        size = room.experts // self.groups
        if room.experts % self.groups:
            refuse("router.groups", f"{room.experts} experts cannot be split into {self.groups} equal groups.")
        if self.groups_kept > self.groups:
            refuse(
                "router.groups_kept",
                f"A token cannot use {self.groups_kept} of {self.groups} groups. Lower it or add groups.",
            )
        if self.choices(room) > size * self.groups_kept:
            refuse(
                "router.groups_kept",
                f"{self.groups_kept} of {self.groups} groups hold {size * self.groups_kept} experts, fewer than the "
                f"{self.choices(room)} of a token. Use more groups or fewer experts per token.",
            )


class DeepSeekMoE(Grouped):
    """Many small experts, plain probabilities as gates; made for shared experts beside them."""

    kind: Literal["DeepSeekMoE"] = "DeepSeekMoE"
    paper = ("Dai et al. 2024", "https://arxiv.org/abs/2401.06066")

    def build(self, room: Room) -> Router:
        return DeepSeekMoERouter(self, room)


class DeepSeekV3(Grouped):
    """Sigmoid gates, renormalised and scaled; a bias that only selects keeps the balance without a loss."""

    kind: Literal["DeepSeek-V3"] = "DeepSeek-V3"
    paper = ("DeepSeek-AI 2024, §2.1.2", "https://arxiv.org/abs/2412.19437")
    scale: float = knob(2.5, "Gate scale", "The gates sum to this.", live=True, gt=0.0, le=100.0, advanced=True)

    def build(self, room: Room) -> Router:
        return DeepSeekV3Router(self, room)

    def check(self, room: Room) -> None:
        super().check(room)
        if self.choices(room) == 1:
            refuse("router.k", ONE_GATE)


class DeepSeekMoERouter(SelectingRouter):
    """Softmax over all; a group counts what its best expert does (V2)."""

    config: Grouped

    def forward(self, asked: Asked) -> Choice:
        logits_NE = self.logits(asked)
        probs_NE = logits_NE.softmax(dim=-1)
        experts_NK = self.selected(probs_NE.detach() + self.bias_E, asked, best=1)
        weights_NK = probs_NE.gather(1, experts_NK) * self.config.scale
        return Choice(logits_NE, probs_NE, experts_NK, weights_NK, experts_NK)

    def selected(self, scores_NE: Tensor, asked: Asked, best: int) -> Tensor:
        """The k best of the best groups; a group scores the sum of its `best` best experts."""
        groups, kept, k = self.config.groups, self.config.groups_kept, self.config.choices(self.room)
        if kept < groups:
            scores_NXS = scores_NE.unflatten(1, (groups, -1))  # S: an expert of the group
            of_groups_NX = scores_NXS.topk(min(best, scores_NXS.shape[-1]), dim=-1).values.sum(dim=-1)
            out_NX = torch.ones_like(of_groups_NX, dtype=torch.bool)
            out_NX.scatter_(1, of_groups_NX.topk(kept, dim=-1).indices, False)
            scores_NE = scores_NXS.masked_fill(out_NX[..., None], -torch.inf).flatten(1)
        return select(scores_NE, k, asked.forced_N)


class DeepSeekV3Router(DeepSeekMoERouter):
    """s = sigmoid(x W); selected by s + b, a group by its two best; gates: scale x s / sum of the selected s."""

    def forward(self, asked: Asked) -> Choice:
        logits_NE = self.logits(asked)
        affinities_NE = logits_NE.sigmoid()
        scores_NE = affinities_NE.detach()
        experts_NK = self.selected(scores_NE + self.bias_E, asked, best=2)
        gates_NK = affinities_NE.gather(1, experts_NK)
        weights_NK = self.config.scale * gates_NK / (gates_NK.sum(dim=-1, keepdim=True) + 1e-20)
        probs_NE = affinities_NE / affinities_NE.sum(dim=-1, keepdim=True)
        counted_NK = scores_NE.topk(self.config.choices(self.room), dim=-1).indices  # eq. 18 has no bias
        return Choice(logits_NE, probs_NE, experts_NK, weights_NK, counted_NK)
