"""Decoder-only, encoder-only and encoder-decoder from one set of blocks (Vaswani et al. 2017, arXiv:1706.03762)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from models.architecture import Topology, TransformerConfig
from models.block import Block
from models.edit_checks import check as check_edits
from models.edits import Edit, Resume
from models.embedding import OutputHead, TokenEmbedding
from models.feedforward import FeedForwardConfig
from models.init import initialise
from models.mixture import MixtureFeedForward, MoE
from models.records import Cache, LayerRecord, Output, Recording
from models.stack import Stack


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
        prefix_B: Tensor | None = None,
        segments_BT: Tensor | None = None,
        cache: Cache | None = None,
        edits: Sequence[Edit] = (),
        generator: torch.Generator | None = None,
        record: Recording = False,
    ) -> Output:
        """Logits (B, T, V) and what happened.

        ids_BT: token ids; the right-shifted target in an encoder-decoder. source_BS: what its encoder reads. keep_BS:
        True where a token is real, of the source if there is one, else of ids. prefix_B: length of the part that a
        prefix-LM sees from both sides. cache: `Cache()` or the one returned before; ids are then the new tokens only,
        and source, keep and prefix are not given again. edits: what to ablate, force, patch or resume. generator: given
        in training, for dropout, jitter and noise; it also makes experts take as many tokens as in training. record:
        also return attention weights and the residual stream, or with "stream" that alone.
        Raises ValueError for arguments that do not fit the topology.
        """
        cached = cache is not None and bool(cache.layers)
        self._check(ids_BT, source_BS, keep_BS, prefix_B, segments_BT, cache)
        if edits:
            experts = {
                stack: [getattr(one, "experts", 0) * getattr(one, "split", 1) for one in layers]
                for stack, layers in self.config.feed_forwards().items()
            }
            heads, feeds_forward = self.config.attention.query_heads(), self.config.feed_forward.kind != "none"
            places, depths = self.config.position.kind != "none", self.config.depths()
            check_edits(edits, depths, heads, feeds_forward=feeds_forward, places=places, experts=experts)
            if cache is not None and any(isinstance(e, Resume) for e in edits):
                raise ValueError("A stack that resumes has no keys of its earlier layers: give no cache.")
        memory_BSD, encoder, decoder = None, (), ()
        if self.encoder is not None and not cached:
            reads_BS = ids_BT if source_BS is None else source_BS
            memory_BSD, encoder, _ = self.encoder(
                self.embedding(reads_BS, segments_BT),
                ids_BT=reads_BS,
                keep_BS=keep_BS,
                edits=edits,
                generator=generator,
                record=record,
            )
        if self.decoder is None:
            assert memory_BSD is not None
            return Output(self.head(memory_BSD, self.embedding.tokens), encoder, ())
        crosses = self.encoder is not None
        source_keep_BS = cache.source_keep_BS if cache and cached else keep_BS
        y_BTD, decoder, longer = self.decoder(
            self.embedding(ids_BT, None if crosses else segments_BT),
            ids_BT=ids_BT,
            keep_BS=None if crosses else keep_BS,
            source_BSD=memory_BSD,
            source_keep_BS=source_keep_BS if crosses else None,
            prefix_B=cache.prefix_B if cache and cached else prefix_B,
            cache=cache,
            edits=edits,
            generator=generator,
            record=record,
        )
        return Output(self.head(y_BTD, self.embedding.tokens), encoder, decoder, longer)

    def retune(self, config: TransformerConfig) -> None:
        """Take the live settings of a config that differs in nothing else; no parameter changes."""
        self.config = config
        for block, one in self._feeds(config):
            if isinstance(block.feed_forward, MixtureFeedForward) and isinstance(one, MoE):
                block.feed_forward.retune(one)

    @torch.no_grad()
    def after_update(self, records: Sequence[LayerRecord]) -> None:
        """What follows an update: biases that keep the balance move, by what each layer (encoder first) reported in
        its forward pass.
        """
        for (block, _), record in zip(self._feeds(self.config), records, strict=True):
            if isinstance(block.feed_forward, MixtureFeedForward) and record.routing is not None:
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
        if prefix_B is not None and cache is not None and int(prefix_B.max()) > ids_BT.shape[1]:
            longest = int(prefix_B.max())
            raise ValueError(
                f"A prefix is read at once: the first {ids_BT.shape[1]} tokens do not hold one of {longest}."
            )
        if cache is not None and (topology == "encoder-only" or (topology == "decoder-only" and keep_BS is not None)):
            raise ValueError(f"A cache goes with a decoder and unpadded ids; the model is {topology}.")
        reads = ids_BT if source_BS is None else source_BS
        if keep_BS is not None and keep_BS.shape != reads.shape:
            raise ValueError(
                f"keep_BS must have the shape of the tokens it marks, {tuple(reads.shape)}; got {tuple(keep_BS.shape)}."
            )


def shift_right(targets_BT: Tensor, start: int) -> Tensor:
    """Decoder input of an encoder-decoder: `start`, then the targets without their last token."""
    return torch.cat((torch.full_like(targets_BT[:, :1], start), targets_BT[:, :-1]), dim=1)


__all__ = ["Cache", "LayerRecord", "Output", "Topology", "Transformer", "TransformerConfig", "shift_right"]
