"""Multi-head, grouped-query and multi-query attention: one module, told apart by how many key/value heads there are.

It is long because the config and its module stand together.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from torch import Tensor, nn

from models.attention.base import FIRST, Attention, Heads, Where
from models.attention.cache import Kept, grown
from models.attention.mask import Mask
from models.attention.scored_heads import ScoredHeads
from models.attention.softmax import Mixes, attend, joined
from models.config import knob, refuse
from models.records import Scored
from models.tap import Pass


class DotProduct(ScoredHeads):
    """What variants share whose weights are made of scaled products of queries and keys."""

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return GroupedAttention(self, width, where)


class MHA(DotProduct):
    """Every query head has its own key/value head."""

    kind: Literal["MHA"] = "MHA"
    paper = ("Vaswani et al. 2017, §3.2.2", "https://arxiv.org/abs/1706.03762")


class InGroups(DotProduct):
    """What variants share whose query heads share keys and values in groups."""

    kv_heads: int = knob(
        2,
        "Key/value heads",
        "Consecutive groups of query heads share one of these.",
        ge=1,
        le=256,
        most=16,
        paper=("Ainslie et al. 2023", "https://arxiv.org/abs/2305.13245"),
    )

    def key_value_heads(self) -> int:
        return self.kv_heads

    def check(self, width: int) -> None:
        super().check(width)
        if self.heads % self.kv_heads:
            fits = ", ".join(str(n) for n in range(1, self.heads + 1) if self.heads % n == 0)
            refuse(
                "kv_heads", f"{self.kv_heads} key/value heads cannot share {self.heads} query heads evenly. Use {fits}."
            )


class GQA(InGroups):
    """Groups of query heads share one key/value head."""

    kind: Literal["GQA"] = "GQA"
    paper = ("Ainslie et al. 2023", "https://arxiv.org/abs/2305.13245")


class MQA(DotProduct):
    """All query heads share one key/value head."""

    kind: Literal["MQA"] = "MQA"
    paper = ("Shazeer 2019", "https://arxiv.org/abs/1911.02150")

    def key_value_heads(self) -> int:
        return 1


class GroupedAttention(Heads):
    """Softmax attention over H query heads and G key/value heads."""

    def __init__(self, config: DotProduct, width: int, where: Where):
        c, g = config.channels(width), config.key_value_heads()
        super().__init__(where, config.heads, g, c, width, qkv_bias=config.qkv_bias, out_bias=config.out_bias)
        self.config = config
        self.scale = config.scale or c**-0.5
        over = {"none": None, "head": (c, c), "full": self.sizes[:2]}[config.qk_norm]
        self.norm_q, self.norm_k = (nn.RMSNorm(n, eps=config.qk_eps) for n in over) if over else (None, None)

    def forward(self, x_BTD: Tensor, p: Pass, cached: Kept | None = None) -> tuple[Tensor, Kept | None]:
        z_BHTC, kept = (self._across if self.cross else self._along)(x_BTD, p, cached)
        return joined(z_BHTC, self.out, p, self.place), kept

    def _along(self, x_BTD: Tensor, p: Pass, cached: Kept | None) -> tuple[Tensor, Kept | None]:
        """Self-attention: what the heads mix, (B, H, T, C)."""
        tap, at, mask, mixes = p.tap, self.place, p.mask, None
        assert mask is not None
        q, k, v = self.qkv(x_BTD).split_with_sizes(self.sizes, dim=-1)
        q_BHTC = self._turned(tap(f"{at}.q", self._split(q, self.heads, self.norm_q)), p)
        k_BGSC = self._turned(tap(f"{at}.k", self._split(k, self.kv_heads, self.norm_k)), p)
        v_BGSC = tap(f"{at}.v", self._split(v, self.kv_heads))
        if p.caching:
            (k_BGSC, v_BGSC), cached = grown(cached, (k_BGSC, v_BGSC), p.reach)
        q_BHTC, k_BGSC = tap(f"{at}.q.rotated", q_BHTC), tap(f"{at}.k.rotated", k_BGSC)
        if p.relative is not None:
            added = self.scale * p.relative.scores(self._maps(q_BHTC), self._maps(k_BGSC), p.position, p.behind)
            mask = mask.plus(tap(f"{at}.relative", added))
            mixes = partial(p.relative.values, start=p.behind) if p.relative.mixes else None
        return self._mixed(q_BHTC, k_BGSC, v_BGSC, mask, p, mixes), cached

    def _across(self, x_BTD: Tensor, p: Pass, cached: Kept | None) -> tuple[Tensor, Kept]:
        """Cross-attention likewise; positions play no part."""
        tap, at, mask = p.tap, self.place, p.source_mask
        assert mask is not None
        q_BHTC = tap(f"{at}.q", self._split(self._project(x_BTD, 0), self.heads, self.norm_q))
        kept = Kept(self._source(p), []) if cached is None else cached
        k_BGSC, v_BGSC = (tap(f"{at}.{name}", t) for name, t in zip("kv", kept.tensors, strict=True))
        return self._mixed(q_BHTC, k_BGSC, v_BGSC, mask, p, None), kept

    def _mixed(
        self, q_BHTC: Tensor, k_BGSC: Tensor, v_BGSC: Tensor, mask: Mask, p: Pass, mixes: Mixes | None
    ) -> Tensor:
        """What each head mixes: (B, H, T, C)."""
        look = {"scale": self.scale, "softcap": self.config.softcap, "rate": p.rate, "p": p, "place": self.place}
        return attend(q_BHTC, k_BGSC, v_BGSC, mask, mixes=mixes, **look)

    def _turned(self, x_BHTC: Tensor, p: Pass) -> Tensor:
        """Queries or keys, rotated."""
        return p.turned(x_BHTC)

    def _maps(self, x_BHTC: Tensor) -> Tensor:
        """Queries or keys, each of which has scores of its own."""
        return x_BHTC

    def scored(self, q_BHTC: Tensor, k_BGSC: Tensor, relative_BHTS: Tensor | None, /) -> Scored | None:
        return Scored(q_BHTC, k_BGSC, self.scale, self.config.softcap, relative_BHTS)

    def _source(self, p: Pass) -> tuple[Tensor, Tensor]:
        """Keys and values of what the encoder read."""
        assert p.source_BSD is not None
        k_BGSC = self._split(self._project(p.source_BSD, 1), self.kv_heads, self.norm_k)
        return k_BGSC, self._split(self._project(p.source_BSD, 2), self.kv_heads)

    def _split(self, x: Tensor, heads: int, norm: nn.Module | None = None) -> Tensor:
        """(B, T, heads * C) -> (B, heads, T, C), normalised before the split ("full") or after it ("head")."""
        full = norm is not None and self.config.qk_norm == "full"
        split = (norm(x) if full and norm else x).unflatten(-1, (heads, -1)).transpose(1, 2)
        return norm(split) if norm is not None and not full else split
