"""One block: self-attention, optional cross-attention, feed-forward, each around the residual stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from models.attention import AttentionConfig, Sight
from models.attention.base import Mixed
from models.dropout import dropout
from models.edits import Ablate, Edit, Patch, changed, of_part
from models.feedforward import FeedForwardConfig
from models.norm import Norm
from models.position import Position, Relative
from models.records import LayerCache, LayerRecord, Recording, Routing, Tokens

Report = TypeVar("Report")
EMPTY = LayerCache(None, None)


class Shared(NamedTuple):
    """What all layers of a stack share in one forward pass."""

    sight: Sight
    position: Position
    tokens: Tokens = Tokens()
    source_BSD: Tensor | None = None
    source_sight: Sight = Sight(causal=False, bias=None)
    record: Recording = False
    relative: bool = True
    """Whether what a position scheme does in each layer acts."""


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
        added: dict[str, Tensor | None] = {}
        y_BTD = x_BTD
        if self.attention is not None and self.norm_attention is not None:
            attention = self.attention

            def look(x: Tensor) -> tuple[Tensor, Mixed]:
                m = attention(
                    x,
                    shared.sight,
                    position=shared.position,
                    relative=self.relative if shared.relative else None,
                    start=shared.tokens.start,
                    cached=cached.own,
                    edits=of_part(edits, "self_attention", heads=True),
                    dropout=self.rate,
                    generator=shared.tokens.generator,
                    record=shared.record is True,
                )
                return m.y_BTD, m

            y_BTD, mixed, added["self_attention"] = self._around(
                y_BTD, y_BTD, self.norm_attention, look, edits, "self_attention", shared
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
                    edits=of_part(edits, "cross_attention", heads=True),
                    dropout=self.rate,
                    generator=shared.tokens.generator,
                    record=shared.record is True,
                )
                return m.y_BTD, m

            y_BTD, crossed, added["cross_attention"] = self._around(
                y_BTD, y_BTD, self.norm_cross, look_across, edits, "cross_attention", shared
            )
        if self.feed_forward is not None and self.norm_feed_forward is not None:
            reads_BTD = x_BTD if self.parallel else y_BTD
            feed_forward = self.feed_forward
            y_BTD, routing, added["feed_forward"] = self._around(
                y_BTD,
                reads_BTD,
                self.norm_feed_forward,
                lambda x: feed_forward(x, shared.tokens, edits),
                edits,
                "feed_forward",
                shared,
            )
        if skipped:
            y_BTD = x_BTD
            added = {part: None if t is None else torch.zeros_like(t) for part, t in added.items()}
        for edit in of_part(edits, "layer"):
            y_BTD = changed(y_BTD, edit) if isinstance(edit, Patch) else y_BTD
        record = LayerRecord(
            mixed.weights_BHTS if mixed else None,
            crossed.weights_BHTS if crossed else None,
            routing,
            y_BTD if shared.record else None,
            mixed.scored if mixed else None,
            x_BTD if shared.record else None,
            added.get("self_attention"),
            added.get("cross_attention"),
            added.get("feed_forward"),
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
        shared: Shared,
    ) -> tuple[Tensor, Report, Tensor | None]:
        """x plus what the sublayer makes of `reads_BTD` (in the parallel form not x), normed before or after; its
        report; and, when recording, what it added.
        """
        y_BTD, report = sublayer(norm(reads_BTD) if self.pre else reads_BTD)
        for edit in of_part(edits, part):
            y_BTD = changed(y_BTD, edit)
        added_BTD = dropout(y_BTD, self.rate, shared.tokens.generator)
        y_BTD = x_BTD + added_BTD
        return (y_BTD if self.pre else norm(y_BTD)), report, added_BTD if shared.record else None
