"""Attention with a sink (gpt-oss 2025, arXiv:2508.10925): a learned logit takes what no key gets."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.attention.base import FIRST, Attention, Where
from models.attention.grouped import GroupedAttention, InGroups
from models.attention.mask import Mask
from models.attention.softmax import Mixes, mixed, scored
from models.tap import Pass


class Sinks(InGroups):
    """Grouped heads whose softmax has one score more, learned by each head: a head that finds nothing looks at nothing.

    Without it, heads park their attention on the first token (Xiao et al. 2023, arXiv:2309.17453).
    """

    kind: Literal["sinks"] = "sinks"
    paper = ("gpt-oss, 2025", "https://arxiv.org/abs/2508.10925")
    rows = (
        'Rows sum to less than 1: the rest is the sink’s (<a href="https://arxiv.org/abs/2508.10925">gpt-oss, 2025</a>)'
    )

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return SinkAttention(self, width, where)

    def parameters(self, width: int) -> int:
        return super().parameters(width) + self.heads


class SinkAttention(GroupedAttention):
    """exp(s) / (exp(sink) + sum of exp(s)), of each head."""

    stds: ClassVar[dict[str, float]] = {"sink_H": 0.02}

    def __init__(self, config: Sinks, width: int, where: Where):
        super().__init__(config, width, where)
        self.sink_H = nn.Parameter(torch.empty(config.heads))

    def _mixed(
        self, q_BHTC: Tensor, k_BGSC: Tensor, v_BGSC: Tensor, mask: Mask, p: Pass, mixes: Mixes | None
    ) -> Tensor:
        look = {"scale": self.scale, "softcap": self.config.softcap, "p": p, "place": self.place}
        scores_BHTS = scored(q_BHTC, k_BGSC, mask, **look)
        sink_BHT1 = self.sink_H.to(scores_BHTS.dtype)[:, None, None].expand(*scores_BHTS.shape[:-1], 1)
        pattern_BHTS = torch.cat((scores_BHTS, sink_BHT1), dim=-1).softmax(dim=-1)[..., :-1]
        return mixed(mask.seen(pattern_BHTS), v_BGSC, rate=p.rate, p=p, place=self.place, mixes=mixes)
