"""One block: self-attention, optional cross-attention, feed-forward, each around the residual stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from models.attention import AttentionConfig, Sight
from models.attention.base import Mixed
from models.dropout import dropout
from models.edits import Ablate, Edit, replaced
from models.feedforward import FeedForwardConfig
from models.norm import Norm
from models.position import Position, Relative
from models.records import LayerCache, LayerRecord, Routing, Tokens

Report = TypeVar("Report")
EMPTY = LayerCache(None, None)


class Shared(NamedTuple):
    """What all layers of a stack share in one forward pass."""

    sight: Sight
    position: Position
    tokens: Tokens = Tokens()
    source_BSD: Tensor | None = None
    source_sight: Sight = Sight(causal=False, bias=None)
    record: bool = False


class Block(nn.Module):
    """Pre-norm: x + f(norm(x)). Post-norm: norm(x + f(x)). Parallel: x + attention(norm(x)) + ffn(norm'(x))."""

    def __init__(
        self,
        width: int,
        attention: AttentionConfig,
        feed_forward: FeedForwardConfig,
        norm: Norm,
        relative: Relative | None = None,
        *,
        cross: bool,
        parallel: bool,
        dropout: float,
    ):
        super().__init__()
        self.pre, self.parallel, self.rate = norm.place == "pre", parallel, dropout
        self.attention, self.feed_forward = attention.build(width), feed_forward.build(width)
        self.relative = relative if self.attention else None
        self.cross_attention = attention.build(width) if cross else None
        self.norm_attention = norm.build(width) if self.attention else None
        self.norm_cross = norm.build(width) if self.cross_attention else None
        self.norm_feed_forward = norm.build(width) if self.feed_forward else None

    def forward(
        self,
        x_BTD: Tensor,
        shared: Shared,
        *,
        cached: LayerCache = EMPTY,
        edits: tuple[Edit, ...] = (),
    ) -> tuple[Tensor, LayerRecord, LayerCache]:
        """The stream after this block, what happened, and the longer cache."""
        skipped = any(isinstance(e, Ablate) and e.part == "layer" for e in edits)
        mixed: Mixed | None = None
        crossed: Mixed | None = None
        routing: Routing | None = None
        y_BTD = x_BTD
        if self.attention is not None and self.norm_attention is not None:
            attention = self.attention

            def look(x: Tensor) -> tuple[Tensor, Mixed]:
                m = attention(
                    x,
                    shared.sight,
                    position=shared.position,
                    relative=self.relative,
                    start=shared.tokens.start,
                    cached=cached.own,
                    edits=_heads(edits, "self_attention"),
                    dropout=self.rate,
                    generator=shared.tokens.generator,
                    record=shared.record,
                )
                return m.y_BTD, m

            y_BTD, mixed = self._around(
                y_BTD, y_BTD, self.norm_attention, look, edits, "self_attention", shared.tokens.generator
            )
        if self.cross_attention is not None and self.norm_cross is not None:
            cross = self.cross_attention

            def look_across(x: Tensor) -> tuple[Tensor, Mixed]:
                m = cross(
                    x,
                    shared.source_sight,
                    position=shared.position,
                    cross=True,
                    source_BSD=shared.source_BSD,
                    cached=cached.cross,
                    edits=_heads(edits, "cross_attention"),
                    dropout=self.rate,
                    generator=shared.tokens.generator,
                    record=shared.record,
                )
                return m.y_BTD, m

            y_BTD, crossed = self._around(
                y_BTD, y_BTD, self.norm_cross, look_across, edits, "cross_attention", shared.tokens.generator
            )
        if self.feed_forward is not None and self.norm_feed_forward is not None:
            reads_BTD = x_BTD if self.parallel else y_BTD
            feed_forward = self.feed_forward
            y_BTD, routing = self._around(
                y_BTD,
                reads_BTD,
                self.norm_feed_forward,
                lambda x: feed_forward(x, shared.tokens, edits),
                edits,
                "feed_forward",
                shared.tokens.generator,
            )
        if skipped:
            y_BTD = x_BTD
        record = LayerRecord(
            mixed.weights_BHTS if mixed else None,
            crossed.weights_BHTS if crossed else None,
            routing,
            y_BTD if shared.record else None,
        )
        return y_BTD, record, LayerCache(mixed.own if mixed else None, crossed.own if crossed else None)

    def _around(
        self,
        x_BTD: Tensor,
        reads_BTD: Tensor,
        norm: nn.Module,
        sublayer: Callable[[Tensor], tuple[Tensor, Report]],
        edits: tuple[Edit, ...],
        part: str,
        generator: torch.Generator | None,
    ) -> tuple[Tensor, Report]:
        """x plus what the sublayer makes of `reads_BTD` (in the parallel form not x), normed before or after."""
        y_BTD, report = sublayer(norm(reads_BTD) if self.pre else reads_BTD)
        for edit in edits:
            if isinstance(edit, Ablate) and edit.part == part and edit.head is None and edit.expert is None:
                y_BTD = replaced(y_BTD, edit.how)
        y_BTD = x_BTD + dropout(y_BTD, self.rate, generator)
        return (y_BTD if self.pre else norm(y_BTD)), report


def _heads(edits: tuple[Edit, ...], part: str) -> tuple[Ablate, ...]:
    return tuple(e for e in edits if isinstance(e, Ablate) and e.part == part and e.head is not None)
