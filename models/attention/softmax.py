"""The one softmax-attention primitive (Vaswani et al. 2017, arXiv:1706.03762, eq. 1), fused when nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from models.attention.sight import Sight
from models.dropout import dropout as drop
from models.kernels.onednn import is_routed

TILE = 128
"""Queries in one tile. With fewer, less of the future is multiplied, in more calls."""


def attend(
    q_BHTC: Tensor,
    k_BGSC: Tensor,
    v_BGSC: Tensor,
    sight: Sight,
    *,
    scale: float,
    softcap: float | None = None,
    dropout: float = 0.0,
    generator: torch.Generator | None = None,
    record: bool = False,
    also: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Tensor, Tensor | None]:
    """softmax(scale q k^T + bias) v; consecutive groups of H/G query heads share one key/value head.

    Returns the mixed values (B, H, T, C) and, only if `record`, the weights (B, H, T, S). A soft-cap bounds the scores
    to softcap * tanh(score / softcap) (Gemma 2, arXiv:2408.00118, sec. 2); it and dropout on the weights have no fused
    kernel. `also` makes something more of the weights (B, H, T, S), which is added to the mixed values.
    """
    whole = record or also is not None or (generator is not None and dropout > 0)
    if softcap is None and not whole and not _fused_is_slow(q_BHTC):
        bias = None if sight.bias is None else sight.bias.to(q_BHTC.dtype)
        grouped = q_BHTC.shape[1] != k_BGSC.shape[1]
        mixed = F.scaled_dot_product_attention(
            q_BHTC, k_BGSC, v_BGSC, attn_mask=bias, is_causal=sight.causal, scale=scale, enable_gqa=grouped
        )
        return mixed, None
    batch, heads, queries, c = q_BHTC.shape
    if sight.causal and not whole and queries > TILE and q_BHTC.device.type == "cpu":
        return _tiled(q_BHTC, k_BGSC, v_BGSC, sight, scale, softcap), None
    groups, keys = k_BGSC.shape[1:3]
    q_NRC = q_BHTC.reshape(batch * groups, -1, c)  # N: every key head of the batch, R: the queries of all its heads
    k_NSC, v_NSC = k_BGSC.reshape(-1, keys, c), v_BGSC.reshape(-1, keys, v_BGSC.shape[-1])
    bias = _bias(sight, q_BHTC, groups, keys)
    if softcap is None and bias is not None:
        scores_NRS = torch.baddbmm(bias, q_NRC, k_NSC.mT, alpha=scale)
    else:
        scores_NRS = torch.bmm(q_NRC, k_NSC.mT) * scale
        scores_NRS = scores_NRS if softcap is None else softcap * torch.tanh(scores_NRS / softcap)
        scores_NRS = scores_NRS if bias is None else scores_NRS + bias
    weights_NRS = scores_NRS.softmax(dim=-1, dtype=torch.float32 if record else None)
    weights_BHTS = weights_NRS.view(batch, heads, queries, keys)
    used_BHTS = drop(weights_BHTS, dropout, generator).to(v_NSC.dtype)
    mixed_NRC = torch.bmm(used_BHTS.view(scores_NRS.shape), v_NSC)
    mixed_BHTC = mixed_NRC.view(batch, heads, queries, -1)
    mixed_BHTC = mixed_BHTC if also is None else mixed_BHTC + also(used_BHTS).to(mixed_BHTC.dtype)
    return mixed_BHTC, weights_BHTS if record else None


def _tiled(q_BHTC: Tensor, k_BGSC: Tensor, v_BGSC: Tensor, sight: Sight, scale: float, softcap: float | None) -> Tensor:
    """`attend`, a tile of queries at a time with the keys up to its end: most of the future is never multiplied."""
    k_BGSC, v_BGSC = k_BGSC.contiguous(), v_BGSC.contiguous()  # copied once: the keys of each tile are then a view
    mixed: list[Tensor] = []
    for i, tile in enumerate(q_BHTC.split(TILE, dim=2), 1):
        keys, values = k_BGSC[:, :, : i * TILE], v_BGSC[:, :, : i * TILE]
        mixed.append(attend(tile, keys, values, sight, scale=scale, softcap=softcap)[0].transpose(1, 2))
    return torch.cat(mixed, dim=1).transpose(1, 2)  # laid out as the output matrix reads it


def _fused_is_slow(q_BHTC: Tensor) -> bool:
    """torch's fused kernel for the CPU: two to five times slower than two batched products in bfloat16, backward pass
    included, and nine times where fp32 products are routed (docs/log.md).
    """
    return q_BHTC.device.type == "cpu" and (q_BHTC.dtype != torch.float32 or is_routed())


def _bias(sight: Sight, q_BHTC: Tensor, groups: int, keys: int) -> Tensor | None:
    """What is added to the scores of each key head: broadcastable to (B * G, H/G * T, S)."""
    batch, heads, queries, _ = q_BHTC.shape
    if sight.causal:
        here = q_BHTC.device.type == "cpu" and not torch.compiler.is_compiling()  # a CUDA graph needs one of its own
        future = _kept_future if here else _future
        return future(queries, keys, heads // groups, q_BHTC.dtype, q_BHTC.device)
    if sight.bias is None:
        return None
    bias = sight.bias.clamp(min=torch.finfo(q_BHTC.dtype).min).to(q_BHTC.dtype)  # fp32's lowest is no bfloat16
    return bias.expand(batch, heads, queries, keys).reshape(batch * groups, -1, keys)


def _future(queries: int, keys: int, repeats: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The lowest number where a key lies in the query's future, 0 elsewhere: (repeats * T, S). The last query is at the
    last key.
    """
    lowest = torch.full((queries, keys), torch.finfo(dtype).min, dtype=dtype, device=device)
    return lowest.triu(1 + keys - queries).repeat(repeats, 1)


_kept_future = lru_cache(maxsize=16)(_future)  # the layers of a model ask for the same one
