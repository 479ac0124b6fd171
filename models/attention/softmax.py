"""The one softmax-attention primitive (Vaswani et al. 2017, arXiv:1706.03762, eq. 1), fused when nobody looks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from models.attention.sight import Sight
from models.dropout import dropout as drop


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
) -> tuple[Tensor, Tensor | None]:
    """softmax(scale q k^T + bias) v; consecutive groups of H/G query heads share one key/value head.

    Returns the mixed values (B, H, T, C) and, only if `record`, the weights (B, H, T, S). A soft-cap bounds the scores
    to softcap * tanh(score / softcap) (Gemma 2, arXiv:2408.00118, sec. 2); it and dropout on the weights have no fused
    kernel.
    """
    if not record and softcap is None and (generator is None or not dropout):
        bias = None if sight.bias is None else sight.bias.to(q_BHTC.dtype)
        grouped = q_BHTC.shape[1] != k_BGSC.shape[1]
        mixed = F.scaled_dot_product_attention(
            q_BHTC, k_BGSC, v_BGSC, attn_mask=bias, is_causal=sight.causal, scale=scale, enable_gqa=grouped
        )
        return mixed, None
    share = q_BHTC.shape[1] // k_BGSC.shape[1]
    k_BHSC, v_BHSC = k_BGSC.repeat_interleave(share, dim=1), v_BGSC.repeat_interleave(share, dim=1)
    scores_BHTS = (q_BHTC @ k_BHSC.mT).float() * scale
    if softcap is not None:
        scores_BHTS = softcap * torch.tanh(scores_BHTS / softcap)
    if sight.bias is not None:
        scores_BHTS = scores_BHTS + sight.bias
    if sight.causal:
        future_TS = torch.ones(scores_BHTS.shape[-2:], dtype=torch.bool, device=q_BHTC.device).triu(1)
        scores_BHTS = scores_BHTS.masked_fill(future_TS, torch.finfo(scores_BHTS.dtype).min)
    weights_BHTS = scores_BHTS.softmax(dim=-1)
    used_BHTS = drop(weights_BHTS, dropout, generator).to(v_BHSC.dtype)
    return used_BHTS @ v_BHSC, weights_BHTS if record else None
