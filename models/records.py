"""What a forward pass reports. Everything is returned, nothing is remembered on modules.

Names of tensors end in their axes: B batch, T query position, S key position, D model width, H query head, G key/value
head, C head channel, F hidden width, E expert, K choice, V vocabulary, N tokens flattened, P rotated pair.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Routing(NamedTuple):
    """Which experts each token went to. A router always returns one: experts consume it, training needs its losses."""

    logits_NE: Tensor
    probs_NE: Tensor
    experts_NK: Tensor
    weights_NK: Tensor
    kept_NK: Tensor
    capacity: int | None
    load_E: Tensor
    losses: dict[str, Tensor]


class LayerRecord(NamedTuple):
    """What one block did. Attention weights and the stream exist only when recording."""

    self_attention_BHTS: Tensor | None
    """Softmax weights, rows sum to 1."""
    cross_attention_BHTS: Tensor | None
    """Weights of the decoder's queries (T) on the source (S); None outside an encoder-decoder's decoder."""
    routing: Routing | None
    stream_BTD: Tensor | None
    """The residual stream after this block."""


class KeyValues(NamedTuple):
    """Keys (already rotated) and values of the positions seen so far."""

    k_BGSC: Tensor
    v_BGSC: Tensor


class LayerCache(NamedTuple):
    """One decoder layer's key/value cache; `cross` is computed once from the source."""

    own: KeyValues | None
    cross: KeyValues | None


class Cache(NamedTuple):
    """Passed in and returned: `Cache()` starts one, each forward returns the longer one. Old caches stay valid.

    It keeps what was said of the source and the prefix at the start, so that neither is given again.
    """

    length: int = 0
    layers: tuple[LayerCache, ...] = ()
    source_keep_BS: Tensor | None = None
    prefix_B: Tensor | None = None


class Output(NamedTuple):
    """One forward pass. Encoder-only models report in `encoder`, decoder-only ones in `decoder`."""

    logits_BTV: Tensor
    encoder: tuple[LayerRecord, ...]
    decoder: tuple[LayerRecord, ...]
    cache: Cache | None = None
