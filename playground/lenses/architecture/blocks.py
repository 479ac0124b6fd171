"""The blocks of a model and how they follow one another, from its config alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from models.architecture import TransformerConfig
from models.attention import AttentionConfig
from models.embedding import embedding_parameters
from models.feedforward import Dense, FeedForwardConfig
from models.mixture import MoE
from playground.lenses.architecture.folding import folded
from playground.wording import said

TITLES = {"encoder": "Encoder", "decoder": "Decoder"}


class Block(NamedTuple):
    """One box of the picture; of layers that repeat, that of one of them."""

    id: str
    """"decoder.0.attention": the first of those that it stands for."""
    kind: str
    """What it does: tokens, positions, norm, attention, cross_attention, feed_forward, experts, head, logits."""
    label: str
    note: str
    """Its settings in a few words."""
    shape: str
    """Of what leaves it, for one example: T tokens (S of the source), so many numbers each."""
    parameters: int
    settings: str
    """The accordion that changes it."""
    lens: str
    """The lens that shows it; "" for none."""
    branch: str = ""
    """The sublayer it belongs to, whose last block's vectors are added to the stream; "" for what stands on it."""


class Group(NamedTuple):
    """Blocks one after another, so many times."""

    layers: tuple[int, ...]
    """The first layer of each repetition; () for what stands once, outside of the layers."""
    blocks: tuple[tuple[Block, ...], ...]
    """Layer by layer of one repetition."""

    @property
    def times(self) -> int:
        return max(1, len(self.layers))


class Column(NamedTuple):
    """One stack, from what it reads to what it leaves."""

    stack: str
    title: str
    sees: str
    """Which positions each one sees, in words."""
    groups: tuple[Group, ...]


def architecture(config: TransformerConfig) -> list[Column]:
    """The stacks of a model, the encoder first; the last one ends with the logits. The parameters of all blocks, each
    as often as it is there, are those of the model: a table that two stacks share counts in the first.
    """
    depths = config.depths()
    return [_column(config, stack, first=i == 0, last=i == len(depths) - 1) for i, stack in enumerate(depths)]


def total(columns: Sequence[Column]) -> int:
    """Parameters of all blocks."""
    return sum(
        group.times * sum(block.parameters for layer in group.blocks for block in layer)
        for column in columns
        for group in column.groups
    )


def _column(config: TransformerConfig, stack: str, *, first: bool, last: bool) -> Column:
    before = Group((), (tuple(_reading(config, stack, first=first)),))
    after = tuple(_leaving(config, stack, last=last))
    groups = [before, *_layers(config, stack), *([Group((), (after,))] if after else [])]
    return Column(stack, TITLES[stack], _sees(config, stack), tuple(groups))


def _sees(config: TransformerConfig, stack: str) -> str:
    if not config.attention.query_heads():
        return "each position sees itself alone"
    if stack == "encoder":
        return "each position sees all"
    return "the prompt is seen by all, then the past alone" if config.prefix else "each position sees the past alone"


def _length(config: TransformerConfig, stack: str) -> str:
    return "S" if stack == "encoder" and config.topology == "encoder-decoder" else "T"


def _reading(config: TransformerConfig, stack: str, *, first: bool) -> Iterator[Block]:
    """From tokens to the stream."""
    d, position = config.width, config.position
    shape = f"{_length(config, stack)} × {d}"
    parameters = embedding_parameters(config.embedding, config.vocab, d) if first else 0
    note = f"{config.vocab:,} tokens{', × √width' if config.embedding.scaled else ''}"
    note += f", {config.embedding.segments} segments" if config.embedding.segments else ""
    note = note if first else f"the encoder's table, {note}"
    yield Block(f"{stack}.tokens", "tokens", "Token embedding", note, shape, parameters, "model", "embeddings")
    if position.kind != "none":
        where = "added to the scores" if position.acts_on_scores else "turns queries and keys"
        where = where if position.acts_in_attention else "added to the stream"
        of = position.parameters(config.room("encoder" if stack == "encoder" else "decoder"))
        yield Block(
            f"{stack}.positions", "positions", f"{position.kind} positions", where, shape, of, "position", "positions"
        )
    if config.embedding.norm and config.norm.kind != "none":
        yield _norm(config, f"{stack}.embedding", shape)


def _leaving(config: TransformerConfig, stack: str, *, last: bool) -> Iterator[Block]:
    """From the last stream to the logits."""
    shape = f"{_length(config, stack)} × {config.width}"
    if config.norm.ends() and config.norm.kind != "none":
        yield _norm(config, f"{stack}.final", shape)
    if last:
        head, v = config.head, config.vocab
        note = "the table of tokens, transposed" if head.tied else f"{config.width} → {v:,}"
        note = f"{note}, after a dense layer" if head.transform != "none" else note
        parameters, _ = config.head_numbers()
        yield Block("head", "head", "Output matrix", note, f"T × {v:,}", parameters, "model", "predictions")


def _layers(config: TransformerConfig, stack: str) -> Iterator[Group]:
    """Equal layers stand once: the shortest pattern that repeats, or else runs of equal ones."""
    kinds = list(zip(config.attentions()[stack], config.feed_forwards()[stack], strict=True))
    for first, pattern, times in folded(kinds):
        layers = tuple(range(first, first + len(pattern) * times, len(pattern)))
        blocks = tuple(tuple(_layer(config, stack, first + i, *kind)) for i, kind in enumerate(pattern))
        yield Group(layers, blocks)


def _layer(
    config: TransformerConfig, stack: str, layer: int, attention: AttentionConfig, feed: FeedForwardConfig
) -> Iterator[Block]:
    at, shape = f"{stack}.{layer}", f"{_length(config, stack)} × {config.width}"
    room = config.room("encoder" if stack == "encoder" else "decoder")
    parts: list[Block] = []
    if attention.query_heads():
        own = attention.parameters(config.width) + config.position.layer_parameters(room)
        label = f"{attention.kind} self-attention"
        note = _heads(attention, config.width)
        lens = "attention"
        parts.append(Block(f"{at}.attention", "attention", label, note, shape, own, "attention", lens))
        if stack == "decoder" and config.topology == "encoder-decoder":
            of = attention.parameters(config.width)
            label = f"{attention.kind} cross-attention"
            note = f"reads the encoder, {note}"
            parts.append(Block(f"{at}.cross_attention", "cross_attention", label, note, shape, of, "attention", lens))
    if feed.there:
        mixed = isinstance(feed, MoE)
        label, note = (
            ("Mixture of experts", _experts(feed)) if isinstance(feed, MoE) else ("Feed-forward", _dense(feed))
        )
        of, lens = feed.parameters(config.width), "experts" if mixed else "intervene"
        kind = "experts" if mixed else "feed_forward"
        parts.append(Block(f"{at}.feed_forward", kind, label, note, shape, of, "feed_forward", lens))
    for part in parts:
        yield from _sublayer(config, part._replace(branch=part.id), shape)


def _sublayer(config: TransformerConfig, part: Block, shape: str) -> Iterator[Block]:
    """A sublayer with its norms, where they stand."""
    if config.norm.kind == "none":
        yield part
        return
    norm = _norm(config, part.id, shape)
    inside = norm._replace(branch=part.id)
    both = (inside, part, inside._replace(id=f"{part.id}.post_norm"))
    yield from {"pre": (inside, part), "post": (part, norm), "output": (part, inside), "both": both}[config.norm.place]


def _norm(config: TransformerConfig, of: str, shape: str) -> Block:
    return Block(f"{of}.norm", "norm", config.norm.kind, "", shape, config.norm.parameters(config.width), "model", "")


def _heads(attention: AttentionConfig, width: int) -> str:
    h, g, c = attention.query_heads(), attention.key_value_heads(), attention.channels(width)
    text = f"{h} {'head' if h == 1 else 'heads'} of {c} channels"
    text += f", {g} of keys and values" if 0 < g != h else ""
    return f"{text}, the last {attention.sees():,} tokens" if attention.sees() else text


def _dense(feed: FeedForwardConfig) -> str:
    assert isinstance(feed, Dense)
    return f"{feed.hidden:,} hidden, {said(feed.activation)}{', gated' if feed.gated else ''}"


def _experts(feed: MoE) -> str:
    shared = f" + {feed.shared} shared" if feed.shared else ""
    return f"{feed.expert_count()} experts of {feed.expert_hidden():,} hidden{shared}, {feed.router.kind}"
