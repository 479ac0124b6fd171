"""A stack of blocks with its position scheme: an encoder or a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from models.architecture import TransformerConfig
from models.attention import sight
from models.block import Block, Shared
from models.dropout import dropout
from models.edits import Edit, of_layer, resumed, unplaced
from models.position import Position
from models.records import Cache, LayerCache, LayerRecord, Recording, Tokens


class Stack(nn.Module):
    """Embeddings in, the last residual stream out."""

    def __init__(self, config: TransformerConfig, layers: int, name: Literal["encoder", "decoder"]):
        super().__init__()
        self.name, self.rate, self.window = name, config.dropout, config.attention.sees()
        room = config.room(name)
        self.position = config.position.build(room)
        self.norm_embedding = config.norm.build(config.width) if config.embedding.norm else None
        crosses = name == "decoder" and config.topology == "encoder-decoder"
        self.blocks = nn.ModuleList(
            Block(
                config.width,
                config.attention,
                config.feed_forward.at(i, layers, name),
                config.norm,
                config.position.relative(room),
                cross=crosses,
                parallel=config.parallel,
                dropout=config.dropout,
            )
            for i in range(layers)
        )
        self.norm_final = config.norm.build(config.width) if config.norm.final and config.norm.place == "pre" else None

    def forward(
        self,
        x_BTD: Tensor,
        *,
        ids_BT: Tensor | None = None,
        keep_BS: Tensor | None = None,
        source_BSD: Tensor | None = None,
        source_keep_BS: Tensor | None = None,
        prefix_B: Tensor | None = None,
        cache: Cache | None = None,
        edits: Sequence[Edit] = (),
        generator: torch.Generator | None = None,
        record: Recording = False,
    ) -> tuple[Tensor, tuple[LayerRecord, ...], Cache | None]:
        """The last stream (normed), one record per layer, and the longer cache if one was given."""
        start, length = cache.length if cache else 0, x_BTD.shape[1]
        keys = start + length
        blind, resume = unplaced(edits, self.name), resumed(edits, self.name, x_BTD)
        position = Position() if blind else self.position
        x_BTD = position.embed(x_BTD, start)
        if self.norm_embedding is not None:
            x_BTD = self.norm_embedding(x_BTD)
        x_BTD = dropout(x_BTD, self.rate, generator) if resume is None else resume.stream_BTD
        seen = sight(
            length,
            keys,
            device=x_BTD.device,
            start=start,
            causal=self.name == "decoder",
            window=self.window,
            prefix_B=prefix_B,
            keep_BS=keep_BS,
            position_bias_HTS=position.bias(length, keys, start),
        )
        sources = source_keep_BS.shape[1] if source_keep_BS is not None else 0
        across = sight(length, sources, device=x_BTD.device, keep_BS=source_keep_BS, cross=True)
        tokens = Tokens(ids_BT, keep_BS, start, generator)
        shared = Shared(seen, position, tokens, source_BSD, across, record, relative=not blind)
        records, caches = [], []
        for i, block in enumerate(self.blocks):
            if resume is not None and i < resume.layer:
                records.append(LayerRecord(None, None, None, None))
                continue
            cached = cache.layers[i] if cache and cache.layers else LayerCache(None, None)
            x_BTD, done, longer = block(x_BTD, shared, cached=cached, edits=of_layer(edits, self.name, i))
            records.append(done)
            if cache is not None:  # else they would be held until the backward pass
                caches.append(longer)
        if self.norm_final is not None:
            x_BTD = self.norm_final(x_BTD)
        return x_BTD, tuple(records), None if cache is None else Cache(keys, tuple(caches), source_keep_BS, prefix_B)
