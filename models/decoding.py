"""A text continued a token at a time as the formula has it: no module, record, mask or check on the way of a token.

The twin, to rounding, of `Transformer.forward` for one more token of each text. x (B, D) is the stream, t the position,
K and V the keys and values so far, this token's included, and R_t (C, C) the rotation of queries and keys by t:

    x             =  norm?(embedding[id] + position[t])
    x             =  x + f(norm(x))  or  norm(x + f(x)), for f attention, then feed-forward
                     or  x + attention(norm(x)) + feed-forward(norm'(x))
    attention     :  q, k, v = W y + b;  W_out softmax(scale (q R_t) K^T) V + b_out, with k R_t the last row of K
    feed-forward  :  W_down act(W_up y + b) + b_down, with act(gate) * up in place of act if gated
    logits        =  head(norm?(x))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.attention.cache import Kept, grown
from models.attention.grouped import GroupedAttention
from models.attention.mask import Mask
from models.block import Block
from models.embedding import OutputHead, TokenEmbedding
from models.feedforward import DenseFeedForward
from models.kernels.attention import fused
from models.kernels.rms_norm import rescaled
from models.linear import Linear
from models.norm import RMSNorm
from models.position import Position
from models.position.learned import LearnedPosition
from models.position.rope import Rotary
from models.position.sinusoidal import SinusoidalPosition
from models.records import Cache
from models.stack import Stack
from models.transformer import Transformer

KNOWN = {
    *(Transformer, TokenEmbedding, OutputHead, Stack, nn.ModuleList, Block, Linear),
    *(Position, LearnedPosition, SinusoidalPosition, Rotary),
    *(GroupedAttention, DenseFeedForward),
    *(RMSNorm, nn.RMSNorm, nn.LayerNorm, nn.Identity),
}
"""Modules of which the formula is true. A subclass is another module."""
AHEAD = 16
"""Positions whose rotations are made at once."""

Map = Callable[[Tensor], Tensor]


def reader(model: Transformer, cache: Cache) -> Callable[[Tensor], Tensor]:
    """What reads the tokens behind those of a cache: ids (B,), one more of each text, -> logits (B, V) of the next."""
    if knows(model) and cache.begins_B is None:
        return Decoding(model, cache)

    def read(ids_B: Tensor) -> Tensor:
        nonlocal cache
        output = model(ids_B[:, None], cache=cache)
        assert output.cache is not None
        cache = output.cache
        return output.logits_BTV[:, -1]

    return read


def knows(model: Transformer) -> bool:
    """Whether the formula is that of a model: of a decoder alone, whose every module is known and has no hooks."""
    config = model.config
    both = config.topology == "decoder-only" and config.feed_forward.there and config.attention.query_heads() > 0
    return both and not (config.prefix and config.attention.sees()) and all(map(_known, model.modules()))


def _known(module: nn.Module) -> bool:
    return type(module) in KNOWN and not module._forward_hooks and not module._forward_pre_hooks


class Layer(NamedTuple):
    """One block; a norm that is not there changes nothing."""

    attention_norm: Map
    attention: Callable[[Tensor, Tensor | None, Kept], tuple[Tensor, Kept]]
    attention_post_norm: Map
    feed_forward_norm: Map
    feed_forward: Map
    feed_forward_post_norm: Map


class Decoding:
    """The `reader` of a model that `knows` says yes to."""

    def __init__(self, model: Transformer, cache: Cache):
        stack = model.decoder
        assert stack is not None
        self.model, self.position, self.parallel = model, stack.position, model.config.parallel
        self.length, self.kept = cache.length, [layer.own for layer in cache.layers]
        self.layers = [_layer(block) for block in stack.blocks]  # type: ignore[arg-type]
        self.first, self.last = _norm(stack.norm_embedding), _norm(stack.norm_final)
        c, weight = model.config.attention.channels(model.config.width), model.embedding.tokens
        exact = torch.promote_types(weight.dtype, torch.float32)
        self.unit_1C1C = torch.eye(c, dtype=exact, device=weight.device)[None, :, None]
        self.rotations: list[Tensor] = []

    def __call__(self, ids_B: Tensor) -> Tensor:
        x_B1D = self.position.embed(self.model.embedding(ids_B[:, None]), self.length)
        x_BD, turn_CC = self.first(x_B1D[:, 0]), self._rotation()
        for i, layer in enumerate(self.layers):
            out_BD, self.kept[i] = layer.attention(layer.attention_norm(x_BD), turn_CC, self.kept[i])
            y_BD = layer.attention_post_norm(x_BD + out_BD)
            out_BD = layer.feed_forward(layer.feed_forward_norm(x_BD if self.parallel else y_BD))
            x_BD = layer.feed_forward_post_norm(y_BD + out_BD)
        self.length += 1
        return self.model.head(self.last(x_BD)[:, None], self.model.embedding.tokens)[:, 0]

    def _rotation(self) -> Tensor | None:
        """R_t, whose rows are those of the identity, rotated; None where nothing is."""
        if not self.rotations and (tables := self.position.tables(self.length, AHEAD)) is not None:
            turned_1CTC = self.position.rotate(self.unit_1C1C.expand(-1, -1, AHEAD, -1), self.length, tables)
            self.rotations = [*turned_1CTC[0].transpose(0, 1).flip(0)]  # a copy, the first position last
        return self.rotations.pop() if self.rotations else None


def _same(x: Tensor) -> Tensor:
    return x


def _norm(norm: nn.Module | None) -> Map:
    if norm is None or isinstance(norm, nn.Identity):
        return _same
    given: Any = norm
    shape, weight, eps = list(given.normalized_shape), given.weight, given.eps
    if isinstance(norm, nn.RMSNorm):
        return lambda x: rescaled(x, weight, eps)
    bias = given.bias
    return lambda x: torch.layer_norm(x, shape, weight, bias, eps)


def _layer(block: Block) -> Layer:
    attend, feed = block.attention, block.feed_forward
    assert isinstance(attend, GroupedAttention)
    assert isinstance(feed, DenseFeedForward)
    first, second = _norm(block.norm_attention), _norm(block.norm_feed_forward)
    if block.pre:
        return Layer(first, _attention(attend), _same, second, _feed_forward(feed), _same)
    return Layer(_same, _attention(attend), first, _same, _feed_forward(feed), second)


def _attention(attention: GroupedAttention) -> Callable[[Tensor, Tensor | None, Kept], tuple[Tensor, Kept]]:
    config, sizes, g, scale = attention.config, attention.sizes, attention.kv_heads, attention.scale
    (w_qkv, b_qkv), (w_out, b_out) = ((m.weight, m.bias) for m in (attention.qkv, attention.out))
    softcap, reach, everything = config.softcap, None if config.window is None else config.window - 1, Mask()
    norm_q, norm_k = _norm(attention.norm_q), _norm(attention.norm_k)
    full, c = config.qk_norm == "full", sizes[2] // g

    def attend(x_BD: Tensor, turn_CC: Tensor | None, kept: Kept) -> tuple[Tensor, Kept]:
        q, k, v = F.linear(x_BD, w_qkv, b_qkv).split_with_sizes(sizes, dim=-1)
        if full:
            q, k = norm_q(q), norm_k(k)
        q_BGRC = q.view(-1, g, sizes[0] // sizes[1], c)  # R: the query heads that share one of keys
        k_BG1C, v_BG1C = k.view(-1, g, 1, c), v.view(-1, g, 1, c)
        if not full:
            q_BGRC, k_BG1C = norm_q(q_BGRC), norm_k(k_BG1C)
        if turn_CC is not None:
            q_BGRC, k_BG1C = _turned(q_BGRC, turn_CC), _turned(k_BG1C, turn_CC)
        (k_BGSC, v_BGSC), kept = grown(kept, (k_BG1C, v_BG1C), reach)
        z_BGRC = fused(q_BGRC, k_BGSC, v_BGSC, everything, scale, softcap)
        return F.linear(z_BGRC.flatten(1), w_out, b_out), kept

    return attend


def _turned(x: Tensor, turn_CC: Tensor) -> Tensor:
    """x R in the precision of R, as cosines and sines have that of float32 in every model."""
    return x @ turn_CC if x.dtype == turn_CC.dtype else (x.to(turn_CC.dtype) @ turn_CC).to(x.dtype)


def _feed_forward(feed_forward: DenseFeedForward) -> Map:
    (w_up, b_up), (w_down, b_down) = ((m.weight, m.bias) for m in (feed_forward.up, feed_forward.down))
    act, gated = feed_forward.activation, feed_forward.gated

    def feed(x_BD: Tensor) -> Tensor:
        pre_BU = F.linear(x_BD, w_up, b_up)
        if not gated:
            return F.linear(act(pre_BU), w_down, b_down)
        gate_BF, up_BF = pre_BU.chunk(2, dim=-1)
        return F.linear(act(gate_BF).mul_(up_BF), w_down, b_down)

    return feed
