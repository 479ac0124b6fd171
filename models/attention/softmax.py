"""The one softmax-attention primitive (Vaswani et al. 2017, arXiv:1706.03762, eq. 1), fused when nobody looks; and the
two steps on either side of the softmax, for patterns that are made of scores in another way.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.attention.mask import Mask
from models.kernels.attention import masked_scores, products
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
    if looked or drops or mixes is not None:
        scores_BHTS = scored(q_BHTC, k_BGSC, mask, scale=scale, softcap=softcap, p=p, place=place)
        return mixed(mask.seen(scores_BHTS.softmax(dim=-1)), v_BGSU, rate=rate, p=p, place=place, mixes=mixes)
    if softcap is None and _fuses(q_BHTC, k_BGSC, v_BGSU):
        bias, shares = None if mask.plain else mask.added(q_BHTC.dtype), q_BHTC.shape[1] != k_BGSC.shape[1]
        z_BHTU = F.scaled_dot_product_attention(
            q_BHTC, k_BGSC, v_BGSU, attn_mask=bias, is_causal=mask.causal, scale=scale, enable_gqa=shares
        )
    else:
        z_BHTU = products(q_BHTC, k_BGSC, v_BGSU, mask, scale, softcap)
    return z_BHTU if mask.sighted is None else mask.seen(z_BHTU)


def _fuses(q_BHTC: Tensor, k_BGSC: Tensor, v_BGSU: Tensor) -> bool:
    """Whether torch's fused kernel is the quick way. On a CPU it is two to five times slower than two batched products
    in bfloat16, backward pass included (docs/log.md). Where values have other channels than keys there is none, and a
    key head is copied for each query head.
    """
    here = q_BHTC.device.type == "cpu"
    if q_BHTC.shape[-1] != v_BGSU.shape[-1] and (here or q_BHTC.shape[1] != k_BGSC.shape[1]):
        return False
    return not (here and q_BHTC.dtype in (torch.bfloat16, torch.float16))


def joined(z_BHTC: Tensor, out: nn.Linear, p: Pass, place: str) -> Tensor:
    """Concat(heads) W^O (Vaswani et al., sec. 3.2.2): (B, T, D). Where each head's result is wanted, their sum."""
    z_BHTC = p.tap(f"{place}.z", z_BHTC)
    if not p.tap.wants(f"{place}.result"):
        return out(z_BHTC.transpose(1, 2).flatten(2))
    of_head_HCD = out.weight.T.unflatten(0, (z_BHTC.shape[1], -1))
    y_BTD = p.tap(f"{place}.result", z_BHTC @ of_head_HCD).sum(dim=1)
    return y_BTD if out.bias is None else y_BTD + out.bias


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
