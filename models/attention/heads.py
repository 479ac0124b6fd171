"""The modules behind attention with heads: multi-head, grouped-query and multi-query, and their key/value cache."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from models.attention.base import Attention, Mixed
from models.attention.sight import Sight
from models.attention.softmax import attend
from models.edits import Ablate, Patch, changed
from models.linear import Linear
from models.position import Position, Relative
from models.records import KeyValues, Scored

if TYPE_CHECKING:
    from models.attention.grouped import SoftmaxAttention


class Heads(Attention):
    """What every attention with heads shares: H of queries, G of keys and values, and a matrix that joins them."""

    def __init__(self, heads: int, kv_heads: int, c: int, width: int, *, qkv_bias: bool, out_bias: bool):
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        self.sizes = (heads * c, kv_heads * c, kv_heads * c)
        self.qkv = Linear(width, sum(self.sizes), bias=qkv_bias)
        self.out = Linear(heads * c, width, bias=out_bias)

    def _project(self, x: Tensor, which: int) -> Tensor:
        """One of query, key, value: rows of the joint matrix."""
        rows = slice(sum(self.sizes[:which]), sum(self.sizes[: which + 1]))
        return nn.functional.linear(x, self.qkv.weight[rows], None if self.qkv.bias is None else self.qkv.bias[rows])

    def _joined(self, mixed_BHTC: Tensor, edits: Sequence[Ablate | Patch]) -> Tensor:
        """The heads, edited, through the output matrix: (B, T, D)."""
        for edit in edits:
            mixed_BHTC = mixed_BHTC.clone()
            mixed_BHTC[:, edit.head] = changed(mixed_BHTC[:, edit.head], edit)
        return self.out(mixed_BHTC.transpose(1, 2).flatten(2))


class GroupedAttention(Heads):
    """Softmax attention over H query heads and G key/value heads."""

    def __init__(self, config: SoftmaxAttention, width: int):
        c, g = config.channels(width), config.key_value_heads()
        super().__init__(config.heads, g, c, width, qkv_bias=config.qkv_bias, out_bias=config.out_bias)
        self.config = config
        self.scale = c**-0.5 if config.scaled else 1.0
        over = {"none": None, "head": (c, c), "full": self.sizes[:2]}[config.qk_norm]
        self.norm_q, self.norm_k = (nn.RMSNorm(n, eps=1e-6) for n in over) if over else (None, None)

    def forward(
        self,
        x_BTD: Tensor,
        sight: Sight,
        *,
        position: Position,
        relative: Relative | None = None,
        start: int = 0,
        cross: bool = False,
        source_BSD: Tensor | None = None,
        cached: KeyValues | None = None,
        edits: Sequence[Ablate | Patch] = (),
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
        record: bool = False,
    ) -> Mixed:
        also, added_BHTS = None, None
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
            if relative is not None:
                added_BHTS = self.scale * relative.scores(q_BHTC, own.k_BGSC, position, start)
                sight = sight.plus(added_BHTS)
                also = partial(relative.values, start=start) if relative.mixes else None
        mixed_BHTC, weights_BHTS = attend(
            q_BHTC,
            *own,
            sight,
            scale=self.scale,
            softcap=self.config.softcap,
            dropout=dropout,
            generator=generator,
            record=record,
            also=also,
        )
        scored = None
        if record and not cross:
            scored = Scored(q_BHTC, own.k_BGSC, self.scale, self.config.softcap, added_BHTS)
        return Mixed(self._joined(mixed_BHTC, edits), weights_BHTS, own, scored)

    def _split(self, x: Tensor, heads: int, norm: nn.Module | None = None) -> Tensor:
        """(B, T, heads * C) -> (B, heads, T, C), normalised before the split ("full") or after it ("head")."""
        full = norm is not None and self.config.qk_norm == "full"
        split = (norm(x) if full and norm else x).unflatten(-1, (heads, -1)).transpose(1, 2)
        return norm(split) if norm is not None and not full else split
