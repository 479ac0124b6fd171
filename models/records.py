"""What a forward pass reports. Everything is returned, nothing is remembered on modules.

Names of tensors end in their axes: B batch, T query position, S key position, D model width, H query head, G key/value
head, C head channel, F hidden width (U: gate and up together), E expert, K choice, V vocabulary, N tokens flattened, M
choices flattened, X group of tokens or experts (then S one of a group), P rotated pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from torch import Tensor

Recording = bool | Literal["stream"] | Sequence[str]
"""What a forward pass keeps: nothing; what a `LayerRecord` has; the residual streams alone, with attention still fused;
or the places of these names (`tap.PLACES`), in which * stands for anything.
"""


class Routing(NamedTuple):
    """Which experts each token went to. A mixture always returns one: its losses are part of the training loss."""

    logits_NE: Tensor
    """Scores of all experts, before softmax or sigmoid; zeros of a router that learns nothing."""
    probs_NE: Tensor
    """Rows sum to 1."""
    experts_NK: Tensor
    """Best first; in soft and expert-choice routing all of them, in order."""
    weights_NK: Tensor
    """What each expert's output is multiplied by, were it kept."""
    seats_NK: Tensor
    """The number drawn in the expert's queue, from 0; -1 where the expert was not asked for (padding, not chosen)."""
    kept_NK: Tensor
    """Whether there was a seat of that number."""
    capacity: int | None
    """Seats of each expert in each group; None: no limit."""
    demand_E: Tensor
    """Choices that asked for each expert. demand_E - load_E were dropped."""
    load_E: Tensor
    """Choices that each expert took."""
    losses: dict[str, Tensor]
    """Unweighted: auxiliary, device, communication, z."""
    penalty: Tensor
    """Their weighted sum, which training adds to its loss."""


class Scored(NamedTuple):
    """What the scores of self-attention are made of: capped(scale q . k) + relative + bias of the stack's positions.

    References to what the pass computed anyway.
    """

    q_BHTC: Tensor
    """Queries as they meet the keys: normed and rotated."""
    k_BGSC: Tensor
    """Keys likewise; consecutive groups of H/G query heads share one."""
    scale: float
    softcap: float | None
    relative_BHTS: Tensor | None
    """Already scaled: what Shaw's or Transformer-XL's positions add; None for the others."""


class LayerRecord(NamedTuple):
    """What one block did. Attention weights, what they were scored by and the stream exist only when recording."""

    self_attention_BHTS: Tensor | None
    """Softmax weights, rows sum to 1. Of linear attention with RoPE: rows that need not, of either sign."""
    cross_attention_BHTS: Tensor | None
    """Weights of the decoder's queries (T) on the source (S); None outside an encoder-decoder's decoder."""
    routing: Routing | None
    stream_BTD: Tensor | None
    """The residual stream after this block."""
    scored: Scored | None = None
    """Of self-attention with a softmax; None where there are no scores."""
    before_BTD: Tensor | None = None
    """The stream before this block, of the first block with positions added. Only when recording, as all below."""
    attention_BTD: Tensor | None = None
    """What self-attention adds to the stream, before the norm that a post-norm block puts behind it."""
    cross_BTD: Tensor | None = None
    """Cross-attention likewise."""
    feed_forward_BTD: Tensor | None = None
    """The feed-forward network likewise."""


class LayerCache(NamedTuple):
    """What the attentions of one decoder layer keep: what it is, each of them knows alone."""

    own: Any
    """Of the tokens so far."""
    cross: Any
    """Of the source, computed once."""


class Cache(NamedTuple):
    """Passed in and returned: `Cache()` starts one, each forward returns the longer one. Old caches stay valid.

    It keeps what was said of the source, the prefix and the padding at the start, so that none is given again.
    """

    length: int = 0
    layers: tuple[LayerCache, ...] = ()
    source_keep_BS: Tensor | None = None
    prefix_B: Tensor | None = None
    begins_B: Tensor | None = None
    """Column in which the text of each example begins, at position 0: before it stands padding. None: the first."""


class Output(NamedTuple):
    """One forward pass. Encoder-only models report in `encoder`, decoder-only ones in `decoder`."""

    logits_BTV: Tensor
    encoder: tuple[LayerRecord, ...]
    decoder: tuple[LayerRecord, ...]
    cache: Cache | None = None
    places: Mapping[str, Tensor] = {}
    """What was recorded, by the name of its place: `decoder.0.attention.q`."""
