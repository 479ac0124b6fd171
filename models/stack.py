"""A stack of blocks with its position scheme: an encoder or a decoder."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.architecture import TransformerConfig
from models.attention import mask
from models.block import EMPTY, Block
from models.edits import Resume
from models.norm import normed
from models.position import Position
from models.records import Cache, LayerRecord, Routing
from models.tap import Pass, Tap


class Stack(nn.Module):
    """Embeddings in, the last residual stream out."""

    def __init__(self, config: TransformerConfig, layers: int, name: Literal["encoder", "decoder"]):
        super().__init__()
        self.name, self.windows = name, [one.sees() for one in config.attentions()[name]]
        self.position = config.position.build(config.room(name))
        self.norm_embedding = config.norm.build(config.width) if config.embedding.norm else None
        self.blocks = nn.ModuleList(Block(config, name, i) for i in range(layers))
        self.norm_final = config.norm.build(config.width) if config.norm.ends() else None

    def forward(
        self, x_BTD: Tensor, p: Pass, cache: Cache | None = None
    ) -> tuple[Tensor, tuple[LayerRecord, ...], Cache | None]:
        """The last stream (normed), one record per layer, and the longer cache if one was given."""
        first, blind = resumed(p.tap, self.name, x_BTD), bool(p.tap.at(f"{self.name}.position"))
        p, position = self._placed(p, x_BTD, blind), self.position
        seeing = {window: self._seeing(p, x_BTD, window, cache or Cache()) for window in {*self.windows}}
        x_BTD = p.tap(f"{self.name}.embedding", x_BTD)
        x_BTD = x_BTD if blind else position.embed(x_BTD, p.start)
        x_BTD = x_BTD if self.norm_embedding is None else self.norm_embedding(x_BTD)
        x_BTD = p.tap(f"{self.name}.positioned", p.dropout(x_BTD, p.rate))
        records, layers = [], []
        for i, block in enumerate(self.blocks):
            if first is not None and i < first.layer:
                records.append(LayerRecord(None, None, None, None))
                continue
            x_BTD = first.stream_BTD if first is not None and i == first.layer else x_BTD
            of_layer = seeing[self.windows[i]]
            of_layer = of_layer if block.relative is None or blind else of_layer._replace(relative=block.relative)
            x_BTD, routing, cached = block(x_BTD, of_layer, cache.layers[i] if cache and cache.layers else EMPTY)
            records.append(view(p.tap, block, routing) if p.tap.kept else LayerRecord(None, None, routing, None))
            layers += [cached] if cache is not None else []  # else keys would be held until the backward pass
        x_BTD = first.stream_BTD if first is not None and first.layer == len(self.blocks) else x_BTD
        if self.norm_final is not None:
            x_BTD = normed(self.norm_final, x_BTD, p.tap, f"{self.name}.norm")
        if cache is not None:
            length, begins_B = cache.length + x_BTD.shape[1], cache.begins_B
            cache = Cache(length, tuple(layers), p.source_keep_BS, p.prefix_B, begins_B)
        return x_BTD, tuple(records), cache

    def _placed(self, p: Pass, x_BTD: Tensor, blind: bool) -> Pass:
        """The pass with what is alike in all layers: the positions, and what hides padding of a source."""
        queries, position, padded = x_BTD.shape[1], Position() if blind else self.position, p.source_keep_BS
        if not p.tap.idle:
            p.tap.keep_BT |= {"encoder": padded, self.name: p.keep_BT, "logits": p.keep_BT}
        sources = 0 if padded is None else padded.shape[1]
        return p._replace(
            position=position,
            tables=position.tables(p.start, queries),
            source_mask=mask(queries, sources, device=x_BTD.device, keep_BS=padded, cross=True),
        )

    def _seeing(self, p: Pass, x_BTD: Tensor, window: int | None, cache: Cache) -> Pass:
        """The pass of the layers with this window: which keys are still there, and who may see whom. A prefix is seen
        from everywhere, and so kept whole.
        """
        position = p.position if window is None else p.position.near()
        reach = None if window is None or p.prefix_B is not None else window - 1
        queries, behind = x_BTD.shape[1], cache.length if reach is None else min(cache.length, reach)
        keep_BS, prefix_B, keys = p.keep_BT, p.prefix_B, behind + queries
        if cache.begins_B is not None:
            column_S = torch.arange(cache.length - behind, cache.length + queries, device=x_BTD.device)
            keep_BS = column_S >= cache.begins_B[:, None]
            prefix_B = None if prefix_B is None else prefix_B + cache.begins_B
        rules = {"start": behind, "causal": self.name == "decoder", "window": window, "prefix_B": prefix_B}
        tables = p.tables if position is p.position else position.tables(p.start, queries)
        bias_HTS = position.bias(queries, keys, behind)
        seen = mask(queries, keys, device=x_BTD.device, keep_BS=keep_BS, bias_HTS=bias_HTS, **rules)
        return p._replace(position=position, tables=tables, mask=seen, behind=behind, reach=reach)


def resumed(tap: Tap, stack: str, x_BTD: Tensor) -> Resume | None:
    """Where a stack that embeds `x_BTD` begins instead."""
    for e in tap.at(stack):
        if isinstance(e, Resume):
            if e.stream_BTD.shape != x_BTD.shape:
                got, expected = tuple(e.stream_BTD.shape), tuple(x_BTD.shape)
                raise ValueError(f"The {stack} resumes with a stream of {got}, and what it reads is {expected}.")
            return e
    return None


def view(tap: Tap, block: Any, routing: Routing | None) -> LayerRecord:
    """What was kept of one block, and how its mixture routed."""
    at, kept = block.place, tap.kept
    after = kept.get(f"{at}.residual.after")
    outs = [kept.get(f"{at}.{part}.out") for part in ("attention", "cross_attention", "feed_forward")]
    if tap.at(at):  # a layer that is skipped
        outs = [None if out is None else torch.zeros_like(out) for out in outs]
    q, k, relative = (kept.get(f"{at}.attention.{name}") for name in ("q.rotated", "k.rotated", "relative"))
    scored = block.attention.scored(q, k, relative) if q is not None and k is not None else None
    weights, crossed = (kept.get(f"{at}.{part}.pattern") for part in ("attention", "cross_attention"))
    return LayerRecord(weights, crossed, routing, after, scored, kept.get(f"{at}.residual.before"), *outs)
