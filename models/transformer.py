"""Decoder-only, encoder-only and encoder-decoder from one set of blocks (Vaswani et al. 2017, arXiv:1706.03762).

It is long because a model and the stacks it is made of are read together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.architecture import Topology, TransformerConfig
from models.attention import ALL, CAUSAL, mask
from models.block import EMPTY, Block
from models.config import extra, walk
from models.edit_checks import check as check_edits
from models.edits import Edit, Hide, Swap, resumed
from models.embedding import OutputHead, TokenEmbedding
from models.feedforward import FeedForwardConfig
from models.init import initialise
from models.input_checks import checked
from models.norm import normed
from models.position import Position
from models.records import Cache, LayerRecord, Output, Recording, Routing
from models.tap import Pass, Tap


class Transformer(nn.Module):
    """The model of a config. Same config and seed: the same parameters, in any thread."""

    def __init__(self, config: TransformerConfig, *, seed: int = 0):
        super().__init__()
        if not config.builds:
            raise ValueError(f"{type(config).__name__} is known for its cost alone: it has no head that gives logits.")
        self.config = config
        self.both = config.topology == "encoder-decoder"
        depths = config.depths()
        self.embedding = TokenEmbedding(config.embedding, config.vocab, config.width)
        self.encoder = Stack(config, depths["encoder"], "encoder") if "encoder" in depths else None
        self.decoder = Stack(config, depths["decoder"], "decoder") if "decoder" in depths else None
        self.head = OutputHead(config.head, config.norm, config.vocab, config.width)
        generator = torch.Generator().manual_seed(seed)
        initialise(self, config.init, layers=sum(depths.values()), width=config.width, generator=generator)

    def forward(
        self,
        ids_BT: Tensor,
        *,
        source_BS: Tensor | None = None,
        keep_BS: Tensor | None = None,
        keep_BT: Tensor | None = None,
        prefix_B: Tensor | None = None,
        segments_BT: Tensor | None = None,
        cache: Cache | None = None,
        edits: Sequence[Edit] = (),
        generator: torch.Generator | None = None,
        training: bool | None = None,
        record: Recording = False,
    ) -> Output:
        """Logits (B, T, V) and what happened.

        ids_BT: token ids; the right-shifted target in an encoder-decoder. source_BS: what its encoder reads. keep_BS:
        True (or not 0) where a token is real, of the source if there is one, else of ids. keep_BT: likewise of the
        target of an encoder-decoder. prefix_B: length of the part that a prefix-LM sees from both sides. cache:
        `Cache()` or the one returned before; ids are then the new tokens only, and source, keep and prefix are not
        given again; `Cache(begins_B=...)` where texts begin behind padding. edits: what to ablate, force, patch,
        resume, swap or hide. training: dropout, jitter and noise act, drawn from `generator` (on the model's device),
        and experts take as many tokens as in training; None: where there is a generator, whatever `train()` and
        `eval()` say. record: also return attention weights and the residual stream, or with "stream" that alone, or
        the places of these names.
        Raises ValueError for arguments that do not fit the topology, edits that change nothing, and empty input.
        """
        given, filled = (source_BS, keep_BS, keep_BT, prefix_B, segments_BT, cache), bool(cache and cache.layers)
        if self.both or self.config.prefix or not ids_BT.numel() or any(one is not None for one in given):
            keep_BS, keep_BT = checked(self.config, ids_BT, *given)
        if edits:
            check_edits(edits, self.config, cached=cache is not None, filled=filled)
        tap, y_BTD, encoder, decoder = Tap(edits, record), None, (), ()
        p = Pass(tap, generator is not None if training is None else training, generator, rate=self.config.dropout)
        if self.encoder is not None and not filled:
            reads_BS = ids_BT if source_BS is None else source_BS
            x_BSD = self.embedding(reads_BS, segments_BT)
            y_BTD, encoder, _ = self.encoder(x_BSD, p._replace(ids_BT=reads_BS, keep_BT=keep_BS))
        if self.decoder is not None:
            p = p._replace(ids_BT=ids_BT, keep_BT=keep_BT if self.both else keep_BS, prefix_B=prefix_B)
            p = p._replace(source_BSD=y_BTD, source_keep_BS=keep_BS if self.both else None)
            x_BTD = self.embedding(ids_BT, None if self.both else segments_BT)
            y_BTD, decoder, cache = self.decoder(x_BTD, p if cache is None else behind(p, cache), cache)
        assert y_BTD is not None
        logits_BTV = tap("logits", self.head(y_BTD, self.embedding.tokens))
        if not tap.idle:
            tap.check()
        return Output(logits_BTV, encoder, decoder, cache, tap.kept)

    def retune(self, config: TransformerConfig) -> None:
        """Take the live settings of a config that differs in nothing else; no parameter changes.

        Raises ValueError for one that is of another model.
        """
        both = (self.config, config)
        mine, other = ({path: value for path, field, value in walk(c) if not extra(field).get("live")} for c in both)
        for path in sorted(mine.keys() | other.keys()):
            if mine.get(path) != other.get(path):
                raise ValueError(f"{path} is no live setting: this model has {mine.get(path)}, not {other.get(path)}.")
        self.config = config
        for block, one in self._feeds(config):
            if block.feed_forward is not None:
                block.feed_forward.retune(one)

    @torch.no_grad()
    def after_update(self, records: Sequence[LayerRecord]) -> None:
        """What follows an update: biases that keep the balance move, by what each layer (encoder first) reported in
        its forward pass.
        """
        for (block, _), record in zip(self._feeds(self.config), records, strict=True):
            if block.feed_forward is not None:
                block.feed_forward.after_update(record.routing)

    def _feeds(self, config: TransformerConfig) -> Iterator[tuple[Block, FeedForwardConfig]]:
        """Each block, encoder first, with the config of its feed-forward."""
        stacks = {"encoder": self.encoder, "decoder": self.decoder}
        for name, feeds in config.feed_forwards().items():
            stack = stacks[name]
            assert stack is not None
            yield from zip(stack.blocks, feeds, strict=True)  # type: ignore[misc]


class Stack(nn.Module):
    """An encoder or a decoder: embeddings in, the last residual stream out."""

    def __init__(self, config: TransformerConfig, layers: int, name: Literal["encoder", "decoder"]):
        super().__init__()
        self.name, self.windows = name, [one.sees() for one in config.attentions()[name]]
        self.room = config.room(name)
        self.position = config.position.build(self.room)
        self.norm_embedding = config.norm.build(config.width) if config.embedding.norm else None
        self.blocks = nn.ModuleList(Block(config, name, i) for i in range(layers))
        self.norm_final = config.norm.build(config.width) if config.norm.ends() else None

    def forward(
        self, x_BTD: Tensor, p: Pass, cache: Cache | None = None
    ) -> tuple[Tensor, tuple[LayerRecord, ...], Cache | None]:
        """The last stream (normed), one record per layer, and the longer cache if one was given."""
        tap, at, first, records, layers = p.tap, self.name, 0, [], []
        position = self.position if tap.idle else self._looked_at(p, x_BTD.device)
        p = p._replace(position=position, tables=position.tables(p.start, x_BTD.shape[1]))
        seeing = {window: self._seeing(p, x_BTD, window, cache) for window in {*self.windows}}
        x_BTD = tap(f"{at}.embedding", x_BTD)
        x_BTD = position.embed(x_BTD, p.start) if "embed" in position.acts else x_BTD
        x_BTD = x_BTD if self.norm_embedding is None else self.norm_embedding(x_BTD)
        x_BTD = tap(f"{at}.positioned", p.dropout(x_BTD, p.rate))
        if not tap.idle:
            first, x_BTD = resumed(tap.at(at), x_BTD)
        for i, block in enumerate(self.blocks):
            if i < first:
                records.append(LayerRecord(None, None, None, None))
                continue
            of_layer = seeing[self.windows[i]]
            if block.relative is not None and position is self.position:
                of_layer = of_layer._replace(relative=block.relative)
            of_layer = of_layer if tap.idle else self._hidden(of_layer, i)
            x_BTD, routing, kept = block(x_BTD, of_layer, cache.layers[i] if cache and cache.layers else EMPTY)
            records.append(view(tap, block, routing) if tap.kept else LayerRecord(None, None, routing, None))
            layers += [kept] if cache is not None else []  # else keys would be held until the backward pass
        x_BTD = x_BTD if self.norm_final is None else normed(self.norm_final, x_BTD, tap, f"{at}.norm")
        if cache is not None:
            length, begins_B = cache.length + x_BTD.shape[1], cache.begins_B
            cache = Cache(length, tuple(layers), p.source_keep_BS, p.prefix_B, begins_B)
        return x_BTD, tuple(records), cache

    def _looked_at(self, p: Pass, device: torch.device) -> Position:
        """The position scheme as an edit leaves it; the tap is told which tokens are real."""
        p.tap.keep_BT |= {"encoder": p.source_keep_BS, self.name: p.keep_BT, "logits": p.keep_BT}
        for e in p.tap.at(f"{self.name}.position"):
            return e.position.build(self.room).to(device) if isinstance(e, Swap) else Position()
        return self.position

    def _hidden(self, p: Pass, layer: int) -> Pass:
        """The pass of a layer, whose attention some tokens may be hidden from."""
        for e in (*p.tap.at(f"{self.name}.mask"), *p.tap.at(f"{self.name}.{layer}.mask")):
            p = hidden(p, e) if isinstance(e, Hide) else p
        return p

    def _seeing(self, p: Pass, x_BTD: Tensor, window: int | None, cache: Cache | None) -> Pass:
        """The pass of the layers with this window: who may see whom, and which earlier keys are still there."""
        causal, biased = self.name == "decoder", "bias" in p.position.acts
        given = (window, cache, p.keep_BT, p.prefix_B, p.source_keep_BS)
        if not biased and all(one is None for one in given):
            return p._replace(mask=CAUSAL if causal else ALL, source_mask=ALL)
        return self._masked(p, x_BTD, window, cache or Cache())

    def _masked(self, p: Pass, x_BTD: Tensor, window: int | None, cache: Cache) -> Pass:
        """The same with padding, a window, a prefix, a bias or a cache. A prefix is seen from everywhere, and so kept
        whole.
        """
        position = p.position if window is None else p.position.near()
        tables = p.tables if position is p.position else position.tables(p.start, x_BTD.shape[1])
        reach = None if window is None or p.prefix_B is not None else window - 1
        queries, behind = x_BTD.shape[1], cache.length if reach is None else min(cache.length, reach)
        keep_BS, prefix_B, keys, device = p.keep_BT, p.prefix_B, behind + queries, x_BTD.device
        if cache.begins_B is not None:
            column_S = torch.arange(cache.length - behind, cache.length + queries, device=device)
            keep_BS = column_S >= cache.begins_B[:, None]
            prefix_B = None if prefix_B is None else prefix_B + cache.begins_B
        rules = {"start": behind, "causal": self.name == "decoder", "window": window, "prefix_B": prefix_B}
        bias_HTS = position.bias(queries, keys, behind)
        seen = mask(queries, keys, device=device, keep_BS=keep_BS, bias_HTS=bias_HTS, **rules)
        of_source, padded = ALL, p.source_keep_BS
        if padded is not None:
            of_source = mask(queries, padded.shape[1], device=device, keep_BS=padded, cross=True)
        placed = p._replace(position=position, tables=tables, mask=seen, source_mask=of_source)
        return placed._replace(behind=behind, reach=reach)


def hidden(p: Pass, e: Hide) -> Pass:
    """The pass of a layer from whose attention tokens are hidden. Raises ValueError for another shape than theirs."""
    reads, hidden_BS = p.source_BSD if e.cross else p.ids_BT, e.at_BS
    assert reads is not None
    assert p.mask is not None
    if hidden_BS.shape != reads.shape[:2]:
        shape, there = tuple(hidden_BS.shape), tuple(reads.shape[:2])
        raise ValueError(f"at_BS says of {shape} tokens of the {e.stack} which to hide; there are {there}.")
    if not e.cross:
        return p._replace(mask=p.mask.without(hidden_BS.to(reads.device)))
    assert p.ids_BT is not None
    keep_BS = ~hidden_BS.to(reads.device) if p.source_keep_BS is None else p.source_keep_BS & ~hidden_BS
    seen = mask(p.ids_BT.shape[1], keep_BS.shape[1], device=reads.device, keep_BS=keep_BS, cross=True)
    return p._replace(source_keep_BS=keep_BS, source_mask=seen)


def behind(p: Pass, cache: Cache) -> Pass:
    """The pass of tokens that follow those of a cache, which holds what was said of the source and the prefix."""
    start, keep_BT = cache.length, None
    if cache.begins_B is not None:
        assert p.ids_BT is not None
        start = start - cache.begins_B
        keep_BT = start[:, None] + torch.arange(p.ids_BT.shape[1], device=start.device) >= 0
    p = p._replace(start=start, keep_BT=keep_BT, caching=True)
    return p._replace(prefix_B=cache.prefix_B, source_keep_BS=cache.source_keep_BS) if cache.layers else p


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


def shift_right(targets_BT: Tensor, start: int) -> Tensor:
    """Decoder input of an encoder-decoder: `start`, then the targets without their last token."""
    return torch.cat((torch.full_like(targets_BT[:, :1], start), targets_BT[:, :-1]), dim=1)


__all__ = ["Cache", "LayerRecord", "Output", "Topology", "Transformer", "TransformerConfig", "shift_right"]
