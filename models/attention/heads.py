"""The module behind multi-head, grouped-query and multi-query attention, and its key/value cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from models.attention.base import Attention, Mixed
from models.attention.sight import Sight
from models.attention.softmax import attend
from models.edits import Ablate, replaced
from models.linear import Linear
from models.position import Position
from models.records import KeyValues

if TYPE_CHECKING:
    from models.attention.grouped import SoftmaxAttention


class GroupedAttention(Attention):
    """Softmax attention over H query heads and G key/value heads."""

    def __init__(self, config: SoftmaxAttention, width: int):
        super().__init__()
        self.config, c = config, config.channels(width)
        self.heads, self.kv_heads = config.heads, config.key_value_heads()
        self.sizes = (self.heads * c, self.kv_heads * c, self.kv_heads * c)
        self.scale = c**-0.5 if config.scaled else 1.0
        self.qkv = Linear(width, sum(self.sizes), bias=config.qkv_bias)
        self.out = Linear(self.heads * c, width, bias=config.out_bias)
        over = {"none": None, "head": (c, c), "full": self.sizes[:2]}[config.qk_norm]
        self.norm_q, self.norm_k = (nn.RMSNorm(n, eps=1e-6) for n in over) if over else (None, None)

    def forward(
        self,
        x_BTD: Tensor,
        sight: Sight,
        *,
        position: Position,
        start: int = 0,
        cross: bool = False,
        source_BSD: Tensor | None = None,
        cached: KeyValues | None = None,
        edits: Sequence[Ablate] = (),
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
        record: bool = False,
    ) -> Mixed:
        if cross:
            q_BHTC = self._split(self._project(x_BTD, 0), self.heads, self.norm_q)
            if cached is None:
                assert source_BSD is not None
                keys = self._split(self._project(source_BSD, 1), self.kv_heads, self.norm_k)
                cached = KeyValues(keys, self._split(self._project(source_BSD, 2), self.kv_heads))
            own = cached
        else:
            q, k, v = self.qkv(x_BTD).split(self.sizes, dim=-1)
            q_BHTC = position.rotate(self._split(q, self.heads, self.norm_q), start)
            keys = position.rotate(self._split(k, self.kv_heads, self.norm_k), start)
            own = KeyValues(keys, self._split(v, self.kv_heads))
            if cached is not None:
                own = KeyValues(*(torch.cat(pair, dim=-2) for pair in zip(cached, own, strict=True)))
        mixed_BHTC, weights_BHTS = attend(
            q_BHTC,
            *own,
            sight,
            scale=self.scale,
            softcap=self.config.softcap,
            dropout=dropout,
            generator=generator,
            record=record,
        )
        for edit in edits:
            mixed_BHTC = mixed_BHTC.clone()
            mixed_BHTC[:, edit.head] = replaced(mixed_BHTC[:, edit.head], edit.how)
        return Mixed(self.out(mixed_BHTC.transpose(1, 2).flatten(2)), weights_BHTS, own)

    def _project(self, x: Tensor, which: int) -> Tensor:
        """One of query, key, value: rows of the joint matrix."""
        rows = slice(sum(self.sizes[:which]), sum(self.sizes[: which + 1]))
        return nn.functional.linear(x, self.qkv.weight[rows], None if self.qkv.bias is None else self.qkv.bias[rows])

    def _split(self, x: Tensor, heads: int, norm: nn.Module | None = None) -> Tensor:
        """(B, T, heads * C) -> (B, heads, T, C), normalised before the split ("full") or after it ("head")."""
        full = norm is not None and self.config.qk_norm == "full"
        split = (norm(x) if full and norm else x).unflatten(-1, (heads, -1)).transpose(1, 2)
        return norm(split) if norm is not None and not full else split
