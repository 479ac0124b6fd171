"""Linear attention: features in place of a softmax (Katharopoulos et al. 2020, arXiv:2006.16236)."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import torch
from torch import Tensor

from models.attention.base import FIRST, Attention, Headed, Heads, Where
from models.attention.mask import Mask
from models.records import KeyValues
from models.tap import Pass

TILE = 64
"""Queries that look at each other's keys one by one; those before them are in the state."""


class LinearAttention(Headed):
    """Weights are products of positive features, phi(x) = elu(x) + 1, over their sum: the past fits in one matrix per
    head. With RoPE the numerator alone is rotated, after phi (Su et al. 2021, arXiv:2104.09864, eq. 19): its weights
    may then be negative, and do not sum to 1.

    What is cached are the keys' features and the values, as for softmax attention, because the page shows weights on
    single keys. A decoder that keeps `state_elements` instead generates the same text: `causal` with tiles of one token
    is that recurrence.
    """

    scores: ClassVar[bool] = False
    kind: Literal["linear"] = "linear"
    paper = ("Katharopoulos et al. 2020", "https://arxiv.org/abs/2006.16236")
    rows = (
        "Rows of rotated linear attention are not probability distributions "
        '(<a href="https://arxiv.org/abs/2104.09864">Su et al. 2021, eq. 19</a>)'
    )
    unscored = (
        "Linear attention has no scores: its weights are products of features, not a softmax. With RoPE they may be "
        "negative, and a row need not sum to 1 (Su et al. 2021, eq. 19)."
    )

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return LinearHeads(self, width, where)

    def matrix_weights(self, width: int) -> int:
        return 4 * width * self.heads * self.channels(width)

    def parameters(self, width: int) -> int:
        return self.matrix_weights(width)

    def work(self, width: int, keys: int) -> int:
        """One write into the state and one reading of it: as many as C keys, however many there are."""
        return self.channels(width)

    def cache_elements(self, width: int) -> int:
        return 2 * self.heads * self.channels(width)

    def state_elements(self, width: int) -> int:
        """Numbers that stand for a past of any length: a C x C matrix and a sum of C features per head."""
        c = self.channels(width)
        return self.heads * c * (c + 1)


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


def quadratic(f: Features, seen: Tensor | None) -> Tensor:
    """Every weight written out: (B, H, T, S). A query that sees nothing mixes nothing."""
    weights_BHTS, sums_BHTS = f.turned_q_BHTC @ f.turned_k_BHSC.mT, f.q_BHTC @ f.k_BHSC.mT
    if seen is not None:
        weights_BHTS, sums_BHTS = weights_BHTS.where(seen, 0.0), sums_BHTS.where(seen, 0.0)
    return weights_BHTS / _positive(sums_BHTS.sum(-1, keepdim=True))


def whole(f: Features, v_BHSC: Tensor) -> Tensor:
    """Every query sees every key, whose sums are made once."""
    state_BHCC = f.turned_k_BHSC.mT @ v_BHSC
    sums_BHT1 = (f.q_BHTC * f.k_BHSC.sum(-2, keepdim=True)).sum(-1, keepdim=True)
    return f.turned_q_BHTC @ state_BHCC / _positive(sums_BHT1)


def causal(f: Features, v_BHSC: Tensor, tile: int = TILE) -> Tensor:
    """As many queries as keys, each sees those before it. The state holds all earlier tiles:

    S += turned(phi(k)) v^T, z += phi(k); out = (turned(phi(q)) S) / (phi(q) . z). With tiles of one it is eq. 18-20 of
    Katharopoulos et al.
    """
    mixed: list[Tensor] = []
    state_BHCC, sum_BH1C = v_BHSC.new_zeros(()), v_BHSC.new_zeros(())
    for *four, v in zip(*(x.split(tile, dim=-2) for x in (*f, v_BHSC)), strict=True):
        now = Features(*four)
        inside = (now.turned_q_BHTC @ now.turned_k_BHSC.mT).tril() @ v
        before = now.turned_q_BHTC @ state_BHCC if mixed else 0.0
        sums_BHT1 = (now.q_BHTC * (sum_BH1C + now.k_BHSC.cumsum(-2))).sum(-1, keepdim=True)
        mixed.append((inside + before) / _positive(sums_BHT1))
        state_BHCC = state_BHCC + now.turned_k_BHSC.mT @ v
        sum_BH1C = sum_BH1C + now.k_BHSC.sum(-2, keepdim=True)
    return torch.cat(mixed, dim=-2)


def _positive(sums: Tensor) -> Tensor:
    return sums.clamp(min=torch.finfo(sums.dtype).tiny)


class LinearHeads(Heads):
    """Linear attention over H heads, each with its own keys and values."""

    def __init__(self, config: LinearAttention, width: int, where: Where):
        c = config.channels(width)
        super().__init__(where, config.heads, config.heads, c, width, qkv_bias=False, out_bias=False)

    def forward(self, x_BTD: Tensor, p: Pass, cached: KeyValues | None = None) -> tuple[Tensor, KeyValues]:
        tap, at, mask = p.tap, self.place, p.source_mask if self.cross else p.mask
        assert mask is not None
        if self.cross:
            q_BHTC = phi(tap(f"{at}.q", self._split(self._project(x_BTD, 0))))
            if cached is None:
                assert p.source_BSD is not None
                cached = KeyValues(*(self._split(self._project(p.source_BSD, which)) for which in (1, 2)))
            kept, k_BHSC = cached, phi(tap(f"{at}.k", cached.k_BGSC))
            v_BHSC = tap(f"{at}.v", kept.v_BGSC)
            features = Features(q_BHTC, k_BHSC, q_BHTC, k_BHSC)
        else:
            q, k, v = (self._split(part) for part in self.qkv(x_BTD).split(self.sizes, dim=-1))
            q_BHTC, kept = phi(tap(f"{at}.q", q)), KeyValues(phi(tap(f"{at}.k", k)), tap(f"{at}.v", v))
            if cached is not None:
                kept = KeyValues(*(torch.cat(pair, dim=-2) for pair in zip(cached, kept, strict=True)))
            k_BHSC, v_BHSC = kept
            turned_q, turned_k = p.turned(q_BHTC), p.position.rotate(k_BHSC)
            features = Features(q_BHTC, k_BHSC, tap(f"{at}.q.rotated", turned_q), tap(f"{at}.k.rotated", turned_k))
        z_BHTC = self._mixed(features, v_BHSC.to(q_BHTC.dtype), mask, p)
        return self._joined(z_BHTC.to(v_BHSC.dtype), p), kept

    def _mixed(self, f: Features, v_BHSC: Tensor, mask: Mask, p: Pass) -> Tensor:
        """With every weight written out where some are hidden, dropped or looked at; else through the state."""
        looked, drops = p.tap.wants(f"{self.place}.pattern"), p.training and p.rate > 0
        queries, keys = f.q_BHTC.shape[-2], f.k_BHSC.shape[-2]
        if not (looked or drops or mask.visible is not None or queries == 1):
            return (causal if mask.causal else whole)(f, v_BHSC)
        weights_BHTS = quadratic(f, mask.written(queries, keys, v_BHSC.device))
        return p.dropout(p.tap(f"{self.place}.pattern", weights_BHTS), p.rate) @ v_BHSC

    def _split(self, x: Tensor) -> Tensor:
        """(B, T, H * C) -> (B, H, T, C)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
