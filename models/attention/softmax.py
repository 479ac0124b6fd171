"""The one softmax-attention primitive (Vaswani et al. 2017, arXiv:1706.03762, eq. 1), fused when nobody looks; and the
two steps on either side of the softmax, for patterns that are made of scores in another way.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from models.attention.mask import Mask
from models.kernels.attention import fused, masked_scores
from models.tap import IDLE, Pass

Mixes = Callable[[Tensor], Tensor]


def attend(
    q_BHTC: Tensor,
    k_BGSC: Tensor,
    v_BGSU: Tensor,
    mask: Mask,
    *,
    scale: float,
    softcap: float | None = None,
    rate: float = 0.0,
    p: Pass = IDLE,
    place: str = "attention",
    mixes: Mixes | None = None,
) -> Tensor:
    """softmax(scale q k^T + bias) v: (B, H, T, U); consecutive groups of H/G query heads share one key/value head.

    A soft-cap bounds the scores to softcap * tanh(score / softcap) (Gemma 2, arXiv:2408.00118, sec. 2). `rate`: dropout
    of the pattern. `mixes` makes something more of the pattern (B, H, T, S), which is added to the mixed values. Only
    where one of these, or somebody at the places "scores" and "pattern", asks for the pattern is it written out.
    """
    looked, drops = p.tap.wants(f"{place}.scores", f"{place}.pattern"), p.training and rate > 0
    if not (looked or drops or mixes):
        return mask.seen(fused(q_BHTC, k_BGSC, v_BGSU, mask, scale, softcap))
    scores_BHTS = scored(q_BHTC, k_BGSC, mask, scale=scale, softcap=softcap, p=p, place=place)
    return mixed(mask.seen(scores_BHTS.softmax(dim=-1)), v_BGSU, rate=rate, p=p, place=place, mixes=mixes)


def scored(
    q_BHTC: Tensor, k_BGSC: Tensor, mask: Mask, *, scale: float, softcap: float | None, p: Pass, place: str
) -> Tensor:
    """scale q k^T + bias, the lowest number of their type where a key is hidden: (B, H, T, S). In float32 at least
    where somebody looks.
    """
    if p.tap.wants(f"{place}.scores"):
        k_NSC = k_BGSC.flatten(0, 1)  # N: the key heads of all examples
        q_NRC = q_BHTC.reshape(len(k_NSC), -1, q_BHTC.shape[-1])  # R: the queries of all heads that share one
        scores_BHTS = (q_NRC @ k_NSC.mT * scale).view(*q_BHTC.shape[:3], -1)
        scores_BHTS = scores_BHTS if softcap is None else softcap * torch.tanh(scores_BHTS / softcap)
        scores_BHTS = scores_BHTS if mask.bias_BHTS is None else scores_BHTS + mask.bias_BHTS.to(scores_BHTS.dtype)
        scores_BHTS = mask.hides(p.tap(f"{place}.scores", scores_BHTS))
    else:  # the same in one product
        scores_BHTS = masked_scores(q_BHTC, k_BGSC, mask, scale, softcap).view(*q_BHTC.shape[:3], -1)
    exact = p.tap.wants(f"{place}.scores", f"{place}.pattern")
    return scores_BHTS.to(torch.promote_types(scores_BHTS.dtype, torch.float32)) if exact else scores_BHTS


def mixed(
    pattern_BHTS: Tensor, v_BGSC: Tensor, *, rate: float, p: Pass, place: str, mixes: Mixes | None = None
) -> Tensor:
    """pattern v: (B, H, T, C), the pattern as it is edited and thinned by dropout, with what `mixes` adds."""
    used_BHTS = p.dropout(p.tap(f"{place}.pattern", pattern_BHTS), rate).to(v_BGSC.dtype)
    v_NSC = v_BGSC.flatten(0, 1)  # N, R as above
    used_NRS = used_BHTS.reshape(len(v_NSC), -1, used_BHTS.shape[-1])
    mixed_BHTC = (used_NRS @ v_NSC).view(*used_BHTS.shape[:3], -1)
    return mixed_BHTC if mixes is None else mixed_BHTC + mixes(used_BHTS).to(mixed_BHTC.dtype)
