"""The one softmax-attention primitive (Vaswani et al. 2017, arXiv:1706.03762, eq. 1), fused when nobody looks."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.attention.mask import Mask
from models.kernels.attention import fused, masked_scores
from models.tap import IDLE, Pass


def attend(
    q_BHTC: Tensor,
    k_BGSC: Tensor,
    v_BGSC: Tensor,
    mask: Mask,
    *,
    scale: float,
    softcap: float | None = None,
    rate: float = 0.0,
    p: Pass = IDLE,
    place: str = "attention",
    mixes: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """softmax(scale q k^T + bias) v: (B, H, T, C); consecutive groups of H/G query heads share one key/value head.

    A soft-cap bounds the scores to softcap * tanh(score / softcap) (Gemma 2, arXiv:2408.00118, sec. 2). `rate`: dropout
    of the pattern. `mixes` makes something more of the pattern (B, H, T, S), which is added to the mixed values. Only
    where one of these, or somebody at the places "scores" and "pattern", asks for the pattern is it written out.
    """
    looked, drops = p.tap.wants(f"{place}.scores", f"{place}.pattern"), p.training and rate > 0
    if not (looked or drops or mixes):
        return fused(q_BHTC, k_BGSC, v_BGSC, mask, scale, softcap)
    k_NSC, v_NSC = k_BGSC.flatten(0, 1), v_BGSC.flatten(0, 1)  # N: the key heads of all examples
    q_NRC = q_BHTC.reshape(len(k_NSC), -1, q_BHTC.shape[-1])  # R: the queries of all heads that share one
    if p.tap.wants(f"{place}.scores"):
        scores_BHTS = (q_NRC @ k_NSC.mT * scale).view(*q_BHTC.shape[:3], -1)
        scores_BHTS = scores_BHTS if softcap is None else softcap * torch.tanh(scores_BHTS / softcap)
        scores_BHTS = scores_BHTS if mask.bias_BHTS is None else scores_BHTS + mask.bias_BHTS.to(scores_BHTS.dtype)
        scores_BHTS = mask.hides(p.tap(f"{place}.scores", scores_BHTS))
    else:  # the same in one product
        scores_BHTS = masked_scores(q_BHTC, k_BGSC, mask, scale, softcap).view(*q_BHTC.shape[:3], -1)
    exact = torch.promote_types(scores_BHTS.dtype, torch.float32)
    pattern_BHTS = p.tap(f"{place}.pattern", scores_BHTS.softmax(dim=-1, dtype=exact if looked else None))
    used_BHTS = p.dropout(pattern_BHTS, rate).to(v_NSC.dtype)
    mixed_BHTC = (used_BHTS.reshape(*q_NRC.shape[:2], -1) @ v_NSC).view(*q_BHTC.shape[:3], -1)
    return mixed_BHTC if mixes is None else mixed_BHTC + mixes(used_BHTS).to(mixed_BHTC.dtype)
