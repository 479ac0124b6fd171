"""Decoder-only, encoder-only and encoder-decoder from one set of blocks (Vaswani et al. 2017, arXiv:1706.03762)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from models.architecture import Topology, TransformerConfig
from models.block import Block
from models.config import extra, walk
from models.edit_checks import check as check_edits
from models.edits import Edit
from models.embedding import OutputHead, TokenEmbedding
from models.feedforward import FeedForwardConfig
from models.init import initialise
from models.records import Cache, LayerRecord, Output, Recording
from models.stack import Stack
from models.tap import Pass, Tap


class Transformer(nn.Module):
    """The model of a config. Same config and seed: the same parameters, in any thread."""

    def __init__(self, config: TransformerConfig, *, seed: int = 0):
        super().__init__()
        if not config.builds:
            raise ValueError(f"{type(config).__name__} is known for its cost alone: it has no head that gives logits.")
        self.config = config
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
        given again; `Cache(begins_B=...)` where texts begin behind padding. edits: what to ablate, force, patch or
        resume. training: dropout, jitter and noise act, drawn from `generator` (on the model's device), and experts
        take as many tokens as in training; None: where there is a generator, whatever `train()` and `eval()` say.
        record: also return attention weights and the residual stream, or with "stream" that alone, or the places of
        these names.
        Raises ValueError for arguments that do not fit the topology, edits that change nothing, and empty input.
        """
        cached = cache is not None and bool(cache.layers)
        keep_BS, keep_BT = mask_of("keep_BS", keep_BS), mask_of("keep_BT", keep_BT)
        self._check(ids_BT, source_BS, keep_BS, keep_BT, prefix_B, segments_BT, cache)
        if edits:
            check_edits(edits, self.config, cached=cache is not None, filled=cached)
        tap = Tap(edits, record)
        p = Pass(tap, generator is not None if training is None else training, generator, rate=self.config.dropout)
        memory_BSD, encoder, decoder, both = None, (), (), self.encoder is not None and self.decoder is not None
        if self.encoder is not None and not cached:
            reads_BS = ids_BT if source_BS is None else source_BS
            x_BSD = self.embedding(reads_BS, segments_BT)
            memory_BSD, encoder, _ = self.encoder(x_BSD, p._replace(ids_BT=reads_BS, keep_BT=keep_BS))
        if self.decoder is None:
            assert memory_BSD is not None
            return self._output(memory_BSD, encoder, decoder, None, tap)
        begin, keep_BT = cache.length if cache else 0, keep_BT if both else keep_BS
        if cache is not None and cache.begins_B is not None:
            begin = begin - cache.begins_B
            keep_BT = begin[:, None] + torch.arange(ids_BT.shape[1], device=ids_BT.device) >= 0
        p = p._replace(
            ids_BT=ids_BT,
            keep_BT=keep_BT,
            start=begin,
            prefix_B=cache.prefix_B if cache and cached else prefix_B,
            source_BSD=memory_BSD,
            source_keep_BS=(cache.source_keep_BS if cache and cached else keep_BS) if both else None,
        )
        y_BTD, decoder, longer = self.decoder(self.embedding(ids_BT, None if both else segments_BT), p, cache)
        return self._output(y_BTD, encoder, decoder, longer, tap)

    def _output(self, y_BTD: Tensor, encoder: Any, decoder: Any, cache: Cache | None, tap: Tap) -> Output:
        logits_BTV = tap("logits", self.head(y_BTD, self.embedding.tokens))
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

    def _check(
        self,
        ids_BT: Tensor,
        source_BS: Tensor | None,
        keep_BS: Tensor | None,
        keep_BT: Tensor | None,
        prefix_B: Tensor | None,
        segments_BT: Tensor | None,
        cache: Cache | None,
    ) -> None:
        topology = self.config.topology
        cached = cache is not None and bool(cache.layers)
        if cached and not (source_BS is None and keep_BS is None and prefix_B is None):
            raise ValueError("The cache holds what was read of source_BS, keep_BS and prefix_B: give them only once.")
        if segments_BT is not None and cached and topology == "encoder-decoder":
            raise ValueError("segments_BT belong to the source, which the cache holds: give them only once.")
        if (source_BS is not None) != (topology == "encoder-decoder") and not cached:
            raise ValueError(
                f"source_BS is {'missing' if source_BS is None else 'given'}, and the model is {topology}."
            )
        if prefix_B is not None and not self.config.prefix:
            raise ValueError("prefix_B is given, and the model is no prefix-LM (prefix=False).")
        if self.config.prefix and prefix_B is None and not cached:
            raise ValueError("A prefix-LM needs prefix_B, the length of each example's prefix.")
        begins = None if cache is None else cache.begins_B
        if begins is not None and begins.shape != ids_BT.shape[:1]:
            raise ValueError(f"begins_B says of {tuple(begins.shape)} texts where they begin; there are {len(ids_BT)}.")
        longest = 0 if prefix_B is None else int((prefix_B if begins is None else prefix_B + begins).max())
        if cache is not None and longest > ids_BT.shape[1]:
            raise ValueError(
                f"A prefix is read at once: the first {ids_BT.shape[1]} tokens do not hold one of {longest}."
            )
        if keep_BT is not None and (topology != "encoder-decoder" or cache is not None):
            raise ValueError("keep_BT marks the target tokens of an encoder-decoder, read without a cache.")
        if cache is not None and (topology == "encoder-only" or (topology == "decoder-only" and keep_BS is not None)):
            raise ValueError(
                "A cache goes with a decoder and unpadded ids, or with Cache(begins_B=...) where texts begin behind "
                f"padding; the model is {topology}."
            )
        reads = ids_BT if source_BS is None else source_BS
        for name, ids in (("ids_BT", ids_BT), ("source_BS", reads)):
            if ids.numel() == 0:
                raise ValueError(f"There is nothing to read: {name} has the shape {tuple(ids.shape)}.")
        for name, keep, ids in (("keep_BS", keep_BS, reads), ("keep_BT", keep_BT, ids_BT)):
            if keep is not None and keep.shape != ids.shape:
                raise ValueError(
                    f"{name} must have the shape of the tokens it marks, {tuple(ids.shape)}; got {tuple(keep.shape)}."
                )


def mask_of(name: str, keep: Tensor | None) -> Tensor | None:
    """Booleans; integers as tokenizers give them are True where they are not 0. Raises ValueError for other types."""
    if keep is None or keep.dtype == torch.bool:
        return keep
    if keep.is_floating_point() or keep.is_complex():
        raise ValueError(f"{name} says which tokens are real: give booleans, or integers of 0 and 1; got {keep.dtype}.")
    return keep != 0


def shift_right(targets_BT: Tensor, start: int) -> Tensor:
    """Decoder input of an encoder-decoder: `start`, then the targets without their last token."""
    return torch.cat((torch.full_like(targets_BT[:, :1], start), targets_BT[:, :-1]), dim=1)


__all__ = ["Cache", "LayerRecord", "Output", "Topology", "Transformer", "TransformerConfig", "shift_right"]
