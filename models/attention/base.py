"""What every attention variant is: a config that builds a module, and the call that all modules answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from models.attention.sight import Sight
from models.config import Config, knob, refuse
from models.edits import Ablate, Patch, changed
from models.linear import Linear
from models.position import Position, Relative
from models.records import KeyValues, Scored


class Mixed(NamedTuple):
    """What an attention sublayer returns."""

    y_BTD: Tensor
    weights_BHTS: Tensor | None
    """The softmax weights, or what linear attention has in their place; only when recording."""
    own: KeyValues
    """Keys and values of everything seen so far, for the cache."""
    scored: Scored | None = None
    """Only when recording self-attention with a softmax."""


class Attention(nn.Module):
    """Moves information between positions."""

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
        """Attend from x to itself (and to `cached`), or, if `cross`, to `source_BSD`: positions play no part there.

        Keys and values of a source are computed once: with `cached`, the source is no longer needed.
        """
        raise NotImplementedError


class AttentionConfig(Config):
    """An attention variant as a value."""

    scores: ClassVar[bool] = True
    """Whether a softmax turns scores into weights, so that a position scheme can act on the scores."""

    if TYPE_CHECKING:
        kind: Any  # the key in the registry; each variant declares its own

    def build(self, width: int) -> Attention | None:
        """The module, or None for a block without attention."""
        raise NotImplementedError

    def check(self, width: int) -> None:
        """Raise `Refused` where the variant does not fit the model's width."""

    def query_heads(self) -> int:
        """Heads that have an attention pattern."""
        return 0

    def channels(self, width: int) -> int:
        """Channels of one head, C."""
        return 0

    def sees(self) -> int | None:
        """Width of the sliding window in tokens; None without one."""
        return None

    def parameters(self, width: int) -> int:
        """Trained numbers of one attention sublayer."""
        return 0

    def matrix_weights(self, width: int) -> int:
        """Trained numbers that each token is multiplied with: two FLOPs each."""
        return 0

    def work(self, width: int, keys: int) -> int:
        """As many keys as the two products of one query come to, in FLOPs: 4 per channel each."""
        return keys

    def cache_elements(self, width: int) -> int:
        """Numbers that one layer keeps for one token while generating."""
        return 0


class Headed(AttentionConfig):
    """What variants with heads share."""

    heads: int = knob(
        4,
        "Query heads",
        "Each head has its own pattern of attention.",
        ge=1,
        le=256,
        most=16,
        paper=("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762"),
    )
    head_dim: int | None = knob(
        None,
        "Head dimension",
        "Channels of each head; empty: width divided by query heads.",
        ge=1,
        le=512,
        most=128,
        empty="auto",
    )

    def query_heads(self) -> int:
        return self.heads

    def channels(self, width: int) -> int:
        return self.head_dim or width // self.heads

    def check(self, width: int) -> None:
        if self.head_dim is None and width % self.heads:
            fits = ", ".join(str(n) for n in range(1, 17) if width % n == 0)
            refuse(
                "heads",
                f"{self.heads} heads do not divide width {width} evenly. Use {fits}, or set the head dimension.",
            )


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
