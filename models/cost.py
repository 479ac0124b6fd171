"""What a model costs, from its config alone: nothing is built."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from models.architecture import TransformerConfig
from models.attention import AttentionConfig
from models.embedding import embedding_parameters


class Cost(NamedTuple):
    """Parameters are numbers, FLOPs are per token, cache elements are numbers (times bytes per number for a size)."""

    parameters: int
    active_parameters: int
    """Parameters that take part in one token's forward pass. Of a mixture: the router (its noise too), the experts of
    one token (in expert choice as many as on average) and the shared ones. Norms and both whole embedding tables count,
    though a token reads one row of the first: some papers leave that table out."""
    flops_per_token: int
    """Forward pass: 2 per weight of every matrix product (the output matrix included), and 4 per attended key and
    channel (scores and mix) with every query looking at a full context or window; masks save nothing in this count.
    MLA is counted with its keys and values written out, as in training.
    Linear attention writes and reads a state instead: as many keys as a head has channels. Shaw's and Transformer-XL's
    positions add their own products. In an encoder-decoder: one source token through the encoder plus one target token
    through the decoder."""
    kv_cache_elements_per_token: int
    """Keys and values the decoder keeps for each token it has read (with a window, of the last ones); 0 without a
    decoder."""
    cross_cache_elements_per_source_token: int
    """Kept once per source token in an encoder-decoder."""
    state_elements: int
    """What the decoder keeps of a text of any length, its source included: the sums of linear attention."""
    parts: dict[str, int]
    """Parameters by part: embedding, attention, feed-forward, norms, head."""
    flops_by_stack: dict[str, int]
    """Forward pass of one token through each stack, whose sum is `flops_per_token`. The decoder's has the
    cross-attention, whose keys and values are in truth made once per source token."""


def cost(config: TransformerConfig) -> Cost:
    """The cost of a config, equal to the built model's count (tested for every preset)."""
    d, attention, feed_forward = config.width, config.attention, config.feed_forward
    depths = config.depths()
    blocks = sum(depths.values())
    feeds = [one for stack in config.feed_forwards().values() for one in stack]
    attentions = config.attentions()
    across = attentions.get("decoder", []) if "encoder" in depths else []  # cross-attention
    each = 2 if config.norm.place == "both" else 1
    sublayers = blocks * (attention.query_heads() > 0) + len(across) + blocks * feed_forward.there
    stack_norms = len(depths) * (config.embedding.norm + config.norm.ends())
    head, head_weights = config.head_numbers()
    stacks = [(config.room("encoder" if s == "encoder" else "decoder"), layers) for s, layers in depths.items()]
    position = config.position
    parts = {
        "embedding": embedding_parameters(config.embedding, config.vocab, d)
        + sum(position.parameters(room) + layers * position.layer_parameters(room) for room, layers in stacks),
        "attention": sum(one.parameters(d) for one in (*chain(*attentions.values()), *across)),
        "feed-forward": sum(one.parameters(d) for one in feeds),
        "norms": (each * sublayers + stack_norms) * config.norm.parameters(d),
        "head": head,
    }
    total = sum(parts.values())
    by_stack = {}
    for (stack, layers), (room, _) in zip(depths.items(), stacks, strict=True):
        crosses = across if stack == "decoder" else []
        weights = sum(one.matrix_weights(d) for one in (*attentions[stack], *crosses, *config.feed_forwards()[stack]))
        weights += head_weights if stack == list(depths)[-1] else 0
        looks = sum(one.looks(d, _keys(one, config.context, stack)) for one in attentions[stack])
        looks += sum(one.looks(d, config.context) for one in crosses) + layers * position.layer_flops(room)
        by_stack[stack] = 2 * weights + looks
    decoder = attentions.get("decoder", [])
    return Cost(
        parameters=total,
        active_parameters=total - sum(one.parameters(d) - one.active_parameters(d) for one in feeds),
        flops_per_token=sum(by_stack.values()),
        kv_cache_elements_per_token=sum(one.cache_elements(d) for one in decoder),
        cross_cache_elements_per_source_token=sum(one.cache_elements(d) for one in across),
        state_elements=sum(one.state_elements(d) for one in (*decoder, *across)),
        parts=parts,
        flops_by_stack=by_stack,
    )


def _keys(attention: AttentionConfig, context: int, stack: str) -> int:
    """Keys of one query of a full context; an encoder's window has two sides."""
    near = attention.sees() or context
    return min(context, 2 * near - 1 if stack == "encoder" else near)
