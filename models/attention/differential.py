"""Differential attention (Ye et al. 2024, arXiv:2410.05258): what two softmaxes have in common cancels."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.attention.base import FIRST, Attention, Where
from models.attention.grouped import DotProduct, GroupedAttention
from models.attention.mask import Mask
from models.attention.softmax import Mixes, mixed, scored
from models.config import knob, refuse
from models.records import Scored
from models.tap import Pass


class Differential(DotProduct):
    """Each head has two queries and keys, and looks by the difference of their softmaxes: what both look at cancels, as
    noise does between two microphones.

    They stand side by side in the channels of a head, and the values are as wide as both: a head costs as much as one
    of MHA, and half as many channels meet in each of its scores.
    """

    kind: Literal["differential"] = "differential"
    paper = ("Ye et al. 2024", "https://arxiv.org/abs/2410.05258")
    maps: ClassVar[int] = 2
    rows = (
        "Rows are differences of two softmaxes: a weight may be negative, and a row sums to 1 − λ "
        '(<a href="https://arxiv.org/abs/2410.05258">Ye et al. 2024, eq. 1</a>)'
    )
    unscored = (
        "Differential attention has two scores of each query and key, and its weight is the difference of two "
        "softmaxes: no single score explains it (Ye et al. 2024, eq. 1)."
    )
    head_dim: int | None = knob(
        None,
        "Head dimension",
        "Channels of each query and key, of which a head has two; empty: half of width divided by query heads.",
        ge=1,
        le=512,
        most=64,
        empty="auto",
    )

    def channels(self, width: int) -> int:
        return 2 * (self.head_dim or width // (2 * self.heads))

    def check(self, width: int) -> None:
        if self.head_dim is None and width % (2 * self.heads):
            fits = ", ".join(str(n) for n in range(1, 17) if width % (2 * n) == 0)
            refuse(
                "heads",
                f"{self.heads} heads of two queries each do not divide width {width} evenly. "
                f"{f'Use {fits}, or set' if fits else 'Set'} the head dimension.",
            )

    def parameters(self, width: int) -> int:
        return super().parameters(width) + 3 * self.channels(width)

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return DifferentialAttention(self, width, where)


class DifferentialAttention(GroupedAttention):
    """(1 - lambda_init) RMSNorm((softmax(scale q1 k1^T) - lambda softmax(scale q2 k2^T)) v), of each head (eq. 1, 3).

    lambda = exp(lq1 . lk1) - exp(lq2 . lk2) + lambda_init, which all heads of a layer share; lambda_init = 0.8 -
    0.6 exp(-0.3 layer), layers counted from 0 (eq. 2).
    """

    stds: ClassVar[dict[str, float]] = {"lambda_q": 0.1, "lambda_k": 0.1}

    def __init__(self, config: Differential, width: int, where: Where):
        super().__init__(config, width, where)
        c = config.channels(width)
        self.scale = config.scale or (c // 2) ** -0.5
        self.first = 0.8 - 0.6 * math.exp(-0.3 * where.layer)
        self.lambda_q, self.lambda_k = (nn.Parameter(torch.empty(2, c // 2)) for _ in range(2))
        self.norm_head = nn.RMSNorm(c, eps=1e-5)

    def strength(self) -> Tensor:
        """lambda: how much of the second softmax is taken away."""
        one, two = (self.lambda_q * self.lambda_k).sum(-1).exp()
        return one - two + self.first

    def _mixed(
        self, q_BHTC: Tensor, k_BGSC: Tensor, v_BGSC: Tensor, mask: Mask, p: Pass, mixes: Mixes | None
    ) -> Tensor:
        look = {"scale": self.scale, "softcap": self.config.softcap, "p": p, "place": self.place}
        scores = scored(self._maps(q_BHTC), self._maps(k_BGSC), mask, **look)  # (B, 2H, T, S)
        one_BHTS, two_BHTS = scores.softmax(dim=-1).unflatten(1, (-1, 2)).unbind(2)
        pattern_BHTS = one_BHTS - self.strength().to(two_BHTS.dtype) * two_BHTS
        z_BHTC = mixed(mask.seen(pattern_BHTS), v_BGSC, rate=p.rate, p=p, place=self.place, mixes=mixes)
        return (1 - self.first) * self.norm_head(z_BHTC)

    def _maps(self, x_BHTC: Tensor) -> Tensor:
        """The two queries of each head as two heads: (B, 2H, T, C/2)."""
        return x_BHTC.unflatten(-1, (2, -1)).transpose(2, 3).flatten(1, 2)

    def _turned(self, x_BHTC: Tensor, p: Pass) -> Tensor:
        """Each of the two by itself."""
        return p.turned(self._maps(x_BHTC)).unflatten(1, (-1, 2)).transpose(2, 3).flatten(-2)

    def scored(self, *places: Tensor | None) -> Scored | None:
        return None
