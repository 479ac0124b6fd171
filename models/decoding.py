"""A text continued a token at a time as the formula has it: no module, record, mask or check on the way of a token.

The twin, to rounding, of `Transformer.forward` for one more token of each text. x (B, D) is the stream, t the position,
K and V the keys and values so far, this token's included, and R_t (C, C) the rotation of queries and keys by t:

    x             =  norm?(embedding[id] + position[t])
    x             =  x + f(norm(x)), norm(x + f(x)), x + norm(f(x)) or x + norm'(f(norm(x))), for f attention, then
                     feed-forward; or  x + attention(norm(x)) + feed-forward(norm'(x))
    attention     :  q, k, v = W y + b;  W_out softmax(scale (q R_t) K^T) V + b_out, with k R_t the last row of K
    feed-forward  :  W_down act(W_up y + b) + b_down, with act(gate) * up in place of act if gated
    logits        =  head(norm?(x))

It is long because it has one formula, for every part of the models that it knows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from models.attention.cache import Kept, grown
from models.attention.grouped import GroupedAttention
from models.attention.mask import Mask
from models.attention.softmax import attend
from models.block import NORMS, Block
from models.embedding import OutputHead, TokenEmbedding
from models.feedforward import DenseFeedForward
from models.kernels.rms_norm import rescaled
from models.linear import Linear
from models.norm import RMSNorm
from models.position import Position
from models.position.learned import LearnedPosition
from models.position.rope import Rotary
from models.position.sinusoidal import SinusoidalPosition
from models.records import Cache
from models.transformer import Stack, Transformer

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
    if model.decoder is None or config.topology != "decoder-only" or not config.feed_forward.there:
        return False
    windows = any(one.sees() for one in config.attentions()["decoder"])
    plain = config.attention.query_heads() > 0 and not (config.prefix and windows)
    alike = model.decoder.position.near() is model.decoder.position  # no layer turns by angles of its own
    return plain and alike and all(map(_known, model.modules()))


def _known(module: nn.Module) -> bool:
    return type(module) in KNOWN and not module._forward_hooks and not module._forward_pre_hooks


class Layer(NamedTuple):
    """One block; a norm that is not there changes nothing."""

    attention_norm: Map
    attention: Callable[[Tensor, Tensor | None, Kept], tuple[Tensor, Kept]]
    attention_out: Map
    attention_post_norm: Map
    feed_forward_norm: Map
    feed_forward: Map
    feed_forward_out: Map
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
            y_BD = layer.attention_post_norm(x_BD + layer.attention_out(out_BD))
            out_BD = layer.feed_forward(layer.feed_forward_norm(x_BD if self.parallel else y_BD))
            x_BD = layer.feed_forward_post_norm(y_BD + layer.feed_forward_out(out_BD))
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
    (first, out, post), (second, out2, post2) = (_norms(block, part) for part in ("attention", "feed_forward"))
    return Layer(first, _attention(attend), out, post, second, _feed_forward(feed), out2, post2)


def _norms(block: Block, part: str) -> tuple[Map, Map, Map]:
    """What is done before a sublayer, to what it gives, and after that is added."""
    norm, behind = _norm(getattr(block, NORMS[part])), _same
    if block.behind:
        behind = _norm(getattr(block, NORMS[part] + block.behind[0]))
    scaled = behind if block.residual == 1.0 else lambda x: block.residual * behind(x)
    return norm if block.before else _same, scaled, norm if block.after else _same


def _linear(linear: nn.Linear) -> Map:
    weight_DU, bias_U = linear.weight.t(), linear.bias
    return (lambda x: x @ weight_DU) if bias_U is None else (lambda x: torch.addmm(bias_U, x, weight_DU))


def _attention(attention: GroupedAttention) -> Callable[[Tensor, Tensor | None, Kept], tuple[Tensor, Kept]]:
    qkv, out, norm = _linear(attention.qkv), _linear(attention.out), _qk_norm(attention)
    config, scale, everything = attention.config, attention.scale, Mask()
    softcap, reach = config.softcap, None if config.window is None else config.window - 1
    h, g, c = attention.heads, attention.kv_heads, attention.sizes[2] // attention.kv_heads
    mixed = partial(attend, scale=scale, softcap=softcap)

    def read(x_BD: Tensor, turn_CC: Tensor | None, kept: Kept) -> tuple[Tensor, Kept]:
        qk, v_BGC = qkv(x_BD).view(-1, h + 2 * g, c).split_with_sizes((h + g, g), dim=1)
        qk = norm(qk)
        qk = qk if turn_CC is None else _turned(qk, turn_CC)
        q_BHC, k_BGC = qk.split_with_sizes((h, g), dim=1)
        (k_BGSC, v_BGSC), kept = grown(kept, (k_BGC.unsqueeze(2), v_BGC.unsqueeze(2)), reach)
        q_BGRC = q_BHC.unflatten(1, (g, -1)) if g != h else q_BHC.unsqueeze(2)  # R: the queries of one key head
        return out(mixed(q_BGRC, k_BGSC, v_BGSC, everything).flatten(1)), kept

    return read


def _qk_norm(attention: GroupedAttention) -> Map:
    """Of queries and keys side by side, (B, H + G, C)."""
    if attention.norm_q is None:
        return _same
    norms, sizes = (_norm(attention.norm_q), _norm(attention.norm_k)), (attention.heads, attention.kv_heads)
    if attention.config.qk_norm == "head":
        return lambda qk: torch.cat([f(x) for f, x in zip(norms, qk.split_with_sizes(sizes, 1), strict=True)], 1)
    return lambda qk: torch.cat(
        [f(x.flatten(1)).view_as(x) for f, x in zip(norms, qk.split_with_sizes(sizes, 1), strict=True)], 1
    )


def _turned(x: Tensor, turn_CC: Tensor) -> Tensor:
    """x R in the precision of R, as cosines and sines have that of float32 in every model."""
    return x @ turn_CC if x.dtype == turn_CC.dtype else (x.to(turn_CC.dtype) @ turn_CC).to(x.dtype)


def _feed_forward(feed_forward: DenseFeedForward) -> Map:
    up, down, act = _linear(feed_forward.up), _linear(feed_forward.down), feed_forward.activation
    if not feed_forward.gated:
        return lambda x: down(act(up(x)))

    def feed(x_BD: Tensor) -> Tensor:
        gate_BF, up_BF = up(x_BD).chunk(2, dim=-1)
        return down(act(gate_BF).mul_(up_BF))

    return feed
