"""Linear attention as sums over the past (Katharopoulos et al. 2020, arXiv:2006.16236, sec. 3.2), in several forms."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

TILE = 64
"""Queries that look at each other's keys one by one; those before them are in the sums."""


def phi(x: Tensor) -> Tensor:
    """elu(x) + 1, above 0: e^x is not rounded away beside the 1. float32 at least, for sums of many."""
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    return torch.where(x > 0, x + 1, x.clamp(max=0).exp())


class Features(NamedTuple):
    """phi of queries and keys: plain for the denominator, turned for the numerator."""

    q_BHTC: Tensor
    k_BHSC: Tensor
    turned_q_BHTC: Tensor
    turned_k_BHSC: Tensor


class Sums(NamedTuple):
    """What all keys come to: S = sum of turned(phi(k)) v^T, z = sum of phi(k)."""

    state_BHCC: Tensor
    sum_BH1C: Tensor

    def read(self, q_BHTC: Tensor, turned_BHTC: Tensor) -> tuple[Tensor, Tensor]:
        """turned(phi(q)) S and phi(q) . z: (B, H, T, C) and (B, H, T, 1)."""
        return turned_BHTC @ self.state_BHCC, (q_BHTC * self.sum_BH1C).sum(-1, keepdim=True)


def summed(f: Features, v_BHSC: Tensor, past: Sums | None = None, keep_BS: Tensor | None = None) -> Sums:
    """These keys added to the past, but for padding."""
    k_BHSC, turned_BHSC = f.k_BHSC, f.turned_k_BHSC
    if keep_BS is not None:
        real_B1S1 = keep_BS[:, None, :, None]
        k_BHSC, turned_BHSC = k_BHSC * real_B1S1, turned_BHSC * real_B1S1
    state_BHCC, sum_BH1C = turned_BHSC.mT @ v_BHSC, k_BHSC.sum(-2, keepdim=True)
    return Sums(state_BHCC, sum_BH1C) if past is None else Sums(past[0] + state_BHCC, past[1] + sum_BH1C)


def quadratic(f: Features, seen: Tensor | None) -> Tensor:
    """Every weight written out: (B, H, T, S). A query that sees nothing mixes nothing."""
    weights_BHTS, sums_BHTS = f.turned_q_BHTC @ f.turned_k_BHSC.mT, f.q_BHTC @ f.k_BHSC.mT
    if seen is not None:
        weights_BHTS, sums_BHTS = weights_BHTS.where(seen, 0.0), sums_BHTS.where(seen, 0.0)
    return weights_BHTS / _positive(sums_BHTS.sum(-1, keepdim=True))


def masked(f: Features, v_BHSC: Tensor, seen: Tensor, past: Sums | None = None) -> Tensor:
    """Queries that see some of these keys, and all of the past."""
    weights_BHTS, each_BHTS = f.turned_q_BHTC @ f.turned_k_BHSC.mT, f.q_BHTC @ f.k_BHSC.mT
    mixed_BHTC = weights_BHTS.where(seen, 0.0) @ v_BHSC
    sums_BHT1 = each_BHTS.where(seen, 0.0).sum(-1, keepdim=True)
    if past is not None:
        before_BHTC, before_BHT1 = past.read(f.q_BHTC, f.turned_q_BHTC)
        mixed_BHTC, sums_BHT1 = mixed_BHTC + before_BHTC, sums_BHT1 + before_BHT1
    return mixed_BHTC / _positive(sums_BHT1)


def whole(q_BHTC: Tensor, turned_BHTC: Tensor, sums: Sums) -> Tensor:
    """Every query sees every key there is."""
    mixed_BHTC, sums_BHT1 = sums.read(q_BHTC, turned_BHTC)
    return mixed_BHTC / _positive(sums_BHT1)


def causal(f: Features, v_BHSC: Tensor, past: Sums | None = None, tile: int = TILE) -> tuple[Tensor, Sums]:
    """Each query sees the past and the keys up to its own. The sums hold all earlier tiles:

    S += turned(phi(k)) v^T, z += phi(k); out = (turned(phi(q)) S) / (phi(q) . z). With tiles of one it is eq. 18-20 of
    Katharopoulos et al.
    """
    mixed: list[Tensor] = []
    for *four, v in zip(*(x.split(tile, dim=-2) for x in (*f, v_BHSC)), strict=True):
        now = Features(*four)
        mixed_BHTC = (now.turned_q_BHTC @ now.turned_k_BHSC.mT).tril() @ v
        sums_BHT1 = (now.q_BHTC * now.k_BHSC.cumsum(-2)).sum(-1, keepdim=True)
        if past is not None:
            before_BHTC, before_BHT1 = past.read(now.q_BHTC, now.turned_q_BHTC)
            mixed_BHTC, sums_BHT1 = mixed_BHTC + before_BHTC, sums_BHT1 + before_BHT1
        mixed.append(mixed_BHTC / _positive(sums_BHT1))
        past = summed(now, v, past)
    assert past is not None
    return torch.cat(mixed, dim=-2), past


def _positive(sums: Tensor) -> Tensor:
    return sums.clamp(min=torch.finfo(sums.dtype).tiny)
