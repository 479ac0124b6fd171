"""Softmax attention as two products, a tile of queries at a time: where torch's fused kernel is slow or has no cap."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from models.attention.mask import Mask

TILE = 128
"""Queries in one tile. With fewer, less of the future is multiplied, in more calls."""


def products(q_BHTC: Tensor, k_BGSC: Tensor, v_BGSU: Tensor, mask: Mask, scale: float, softcap: float | None) -> Tensor:
    """What `softmax.attend` mixes, (B, H, T, U), to rounding; U channels of a value."""
    if mask.causal and q_BHTC.shape[2] > TILE and q_BHTC.device.type == "cpu":
        return _tiled(q_BHTC, k_BGSC, v_BGSU, scale, softcap)
    return _products(q_BHTC, k_BGSC, v_BGSU, mask, scale, softcap)


def _products(
    q_BHTC: Tensor, k_BGSC: Tensor, v_BGSU: Tensor, mask: Mask | None, scale: float, softcap: float | None
) -> Tensor:
    """Without a mask: causal, and the last query is at the last key."""
    weights_NRS = masked_scores(q_BHTC, k_BGSC, mask, scale, softcap).softmax(dim=-1).to(v_BGSU.dtype)
    return torch.bmm(weights_NRS, v_BGSU.reshape(-1, *v_BGSU.shape[2:])).view(*q_BHTC.shape[:3], -1)


def masked_scores(q_BHTC: Tensor, k_BGSC: Tensor, mask: Mask | None, scale: float, softcap: float | None) -> Tensor:
    """(N, R, S), N key heads and R the queries of one: scaled, capped, with their bias, lowest where hidden."""
    batch, heads, queries, c = q_BHTC.shape
    groups, keys = k_BGSC.shape[1:3]
    q_NRC = q_BHTC.reshape(batch * groups, heads // groups * queries, c)
    k_NSC, bias = k_BGSC.reshape(-1, keys, c), _bias(mask, q_BHTC, groups, keys)
    if softcap is None and bias is not None:
        return torch.baddbmm(bias, q_NRC, k_NSC.mT, alpha=scale)
    scores_NRS = torch.bmm(q_NRC, k_NSC.mT) * scale
    scores_NRS = scores_NRS if softcap is None else softcap * torch.tanh(scores_NRS / softcap)
    return scores_NRS if bias is None else scores_NRS + bias


def _tiled(q_BHTC: Tensor, k_BGSC: Tensor, v_BGSU: Tensor, scale: float, softcap: float | None) -> Tensor:
    """A tile of queries at a time with the keys up to its end: most of the future is never multiplied."""
    k_BGSC, v_BGSU = k_BGSC.contiguous(), v_BGSU.contiguous()  # copied once: the keys of each tile are then a view
    mixed: list[Tensor] = []
    for i, tile in enumerate(q_BHTC.split(TILE, dim=2), 1):
        keys, values = k_BGSC[:, :, : i * TILE], v_BGSU[:, :, : i * TILE]
        mixed.append(_products(tile, keys, values, None, scale, softcap).transpose(1, 2))
    return torch.cat(mixed, dim=1).transpose(1, 2)  # laid out as the output matrix reads it


def _bias(mask: Mask | None, q_BHTC: Tensor, groups: int, keys: int) -> Tensor | None:
    """What is added to the scores of each key head: broadcastable to (B * G, H/G * T, S)."""
    batch, heads, queries, _ = q_BHTC.shape
    if mask is None or mask.causal:
        here = q_BHTC.device.type == "cpu" and not torch.compiler.is_compiling()  # a CUDA graph needs one of its own
        future = _kept_future if here else _future
        return future(queries, keys, heads // groups, q_BHTC.dtype, q_BHTC.device)
    bias = mask.added(q_BHTC.dtype)
    return None if bias is None else bias.expand(batch, heads, queries, keys).reshape(batch * groups, -1, keys)


def _future(queries: int, keys: int, repeats: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The lowest number where a key lies in the query's future, 0 elsewhere: (repeats * T, S). The last query is at the
    last key.
    """
    lowest = torch.full((queries, keys), torch.finfo(dtype).min, dtype=dtype, device=device)
    return lowest.triu(1 + keys - queries).repeat(repeats, 1)


_kept_future = lru_cache(maxsize=16)(_future)  # the layers of a model ask for the same one
