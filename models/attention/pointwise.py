"""Attention without a softmax: each weight is made of its own score alone, and a row need not sum to 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from models.attention.base import FIRST, Attention, Where
from models.attention.grouped import DotProduct, GroupedAttention
from models.attention.mask import Mask
from models.attention.softmax import Mixes, mixed, scored
from models.tap import Pass

SINKS = '<a href="https://arxiv.org/abs/2410.10781">Gu et al. 2024</a>'
WEIGHTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "sigmoid": lambda scores, n: (scores - n.log()).sigmoid(),
    "ReLU": lambda scores, n: scores.relu() / n,
}
"""The weights of scores (..., T, S); n is how many keys each query sees, (..., T, 1)."""


class Pointwise(DotProduct):
    """What both share."""

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return PointwiseAttention(self, width, where)


class Sigmoid(Pointwise):
    """Each weight is a sigmoid of its own score, less the logarithm of how many keys the query sees: keys do not
    compete, and a head may look at none of them.

    The papers subtract the logarithm of the length of the text (Ramapuram et al.), or nothing (Gu et al. 2024,
    arXiv:2410.10781, who find no attention sinks where rows need not sum to 1).
    """

    kind: Literal["sigmoid"] = "sigmoid"
    paper = ("Ramapuram et al. 2024", "https://arxiv.org/abs/2409.04431")
    rows = f"Each weight is a sigmoid by itself: a row need not sum to 1, and no token has to be a sink ({SINKS})"


class ReLU(Pointwise):
    """Each weight is its own score divided by how many keys the query sees; no key with a score below 0 is looked at.

    In place of the keys in sight the paper has the length of the text, in encoders.
    """

    kind: Literal["ReLU"] = "ReLU"
    paper = ("Wortsman et al. 2023", "https://arxiv.org/abs/2309.08586")
    rows = f"Each weight is a ReLU by itself: a row need not sum to 1, and no token has to be a sink ({SINKS})"


class PointwiseAttention(GroupedAttention):
    """weights(scale q k^T + bias, n) v, where the softmax would stand."""

    def _mixed(
        self, q_BHTC: Tensor, k_BGSC: Tensor, v_BGSC: Tensor, mask: Mask, p: Pass, mixes: Mixes | None
    ) -> Tensor:
        look = {"scale": self.scale, "softcap": self.config.softcap, "p": p, "place": self.place}
        scores_BHTS = scored(q_BHTC, k_BGSC, mask, **look)
        pattern_BHTS = WEIGHTS[self.config.kind](scores_BHTS, sighted(mask, scores_BHTS))
        return mixed(pattern_BHTS, v_BGSC, rate=p.rate, p=p, place=self.place, mixes=mixes)


def sighted(mask: Mask, scores_BHTS: Tensor) -> Tensor:
    """How many keys each query sees, at least 1: (..., T, 1), of the scores' type."""
    queries, keys = scores_BHTS.shape[-2:]
    visible = mask.written(queries, keys, scores_BHTS.device)
    if visible is None:
        return torch.full((1, 1), keys, dtype=scores_BHTS.dtype, device=scores_BHTS.device)
    return visible.sum(dim=-1, keepdim=True).clamp(min=1).to(scores_BHTS.dtype)
