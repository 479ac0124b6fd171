"""Multi-head, grouped-query and multi-query attention: one module, told apart by how many key/value heads there are.

It is long because the config and its module stand together.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from pydantic import model_validator
from torch import Tensor, nn

from models.attention.base import FIRST, Attention, Headed, Heads, Where
from models.attention.cache import Kept, grown
from models.attention.mask import Mask
from models.attention.softmax import Mixes, attend
from models.config import knob, refuse
from models.records import Scored
from models.tap import Pass


class DotProduct(Headed):
    """What variants share whose weights are made of scaled products of queries and keys."""

    window: int | None = knob(
        None,
        "Window",
        "Each query sees only keys nearer than this many tokens; empty: all.",
        empty="all",
        ge=1,
        le=1_000_000,
        most=512,
        unit="tokens",
        advanced=True,
        paper=("Beltagy et al. 2020", "https://arxiv.org/abs/2004.05150"),
    )
    qk_norm: Literal["none", "head", "full"] = knob(
        "none",
        "QK-norm",
        "RMSNorm on queries and keys: per head before the rotation (Qwen3), or over all heads at once (OLMoE).",
        advanced=True,
        paper=("Dehghani et al. 2023", "https://arxiv.org/abs/2302.05442"),
    )
    qk_eps: float = knob(
        1e-6, "QK-norm epsilon", "Added under its square root.", ge=1e-12, le=1e-2, log=True, advanced=True
    )
    softcap: float | None = knob(
        None,
        "Soft-cap",
        "Scores are bounded to ± this by a tanh; empty: off.",
        gt=0.0,
        le=1000.0,
        advanced=True,
        paper=("Gemma 2, 2024", "https://arxiv.org/abs/2408.00118"),
    )
    qkv_bias: bool = knob(
        False, "Query, key, value biases", "Add a trained bias to queries, keys and values.", advanced=True
    )
    out_bias: bool = knob(False, "Output bias", "Add a trained bias after the heads are joined.", advanced=True)
    scale: float | None = knob(
        None,
        "Score scale",
        "Dot products are multiplied with this; empty: 1/√head dimension; 1: raw dot products, as T5 and GPT-Neo.",
        gt=0.0,
        le=16.0,
        most=2.0,
        empty="auto",
        advanced=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_spelled(cls, given: Any) -> Any:
        """`scaled`, on or off, in files of before."""
        if not isinstance(given, dict) or "scaled" not in given:
            return given
        scale = None if given["scaled"] else 1.0
        return {"scale": scale} | {name: value for name, value in given.items() if name != "scaled"}

    def key_value_heads(self) -> int:
        """G."""
        return self.heads

    def sees(self) -> int | None:
        return self.window

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return GroupedAttention(self, width, where)

    def matrix_weights(self, width: int) -> int:
        c = self.channels(width)
        return width * c * (self.heads + 2 * self.key_value_heads()) + self.heads * c * width

    def parameters(self, width: int) -> int:
        c, h, g = self.channels(width), self.heads, self.key_value_heads()
        biases = self.qkv_bias * (h + 2 * g) * c + self.out_bias * width
        norms = {"none": 0, "head": 2 * c, "full": (h + g) * c}[self.qk_norm]
        return self.matrix_weights(width) + biases + norms

    def cache_elements(self, width: int) -> int:
        return 2 * self.key_value_heads() * self.channels(width)


class MHA(DotProduct):
    """Every query head has its own key/value head."""

    kind: Literal["MHA"] = "MHA"
    paper = ("Vaswani et al. 2017, §3.2.2", "https://arxiv.org/abs/1706.03762")


class GQA(DotProduct):
    """Groups of query heads share one key/value head."""

    kind: Literal["GQA"] = "GQA"
    paper = ("Ainslie et al. 2023", "https://arxiv.org/abs/2305.13245")
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

    def forward(self, x_BTD: Tensor, p: Pass, cached: Kept | None = None) -> tuple[Tensor, Kept]:
        tap, at, mask, mixes = p.tap, self.place, p.source_mask if self.cross else p.mask, None
        assert mask is not None
        if self.cross:
            q_BHTC = tap(f"{at}.q", self._split(self._project(x_BTD, 0), self.heads, self.norm_q))
            kept = Kept(self._source(p), []) if cached is None else cached
            k_BGSC, v_BGSC = (tap(f"{at}.{name}", t) for name, t in zip("kv", kept.tensors, strict=True))
        else:
            q, k, v = self.qkv(x_BTD).split_with_sizes(self.sizes, dim=-1)
            q_BHTC = self._turned(tap(f"{at}.q", self._split(q, self.heads, self.norm_q)), p)
            k_BGSC = self._turned(tap(f"{at}.k", self._split(k, self.kv_heads, self.norm_k)), p)
            v_BGSC = tap(f"{at}.v", self._split(v, self.kv_heads))
            (k_BGSC, v_BGSC), kept = grown(cached, (k_BGSC, v_BGSC), p.reach)
            q_BHTC, k_BGSC = tap(f"{at}.q.rotated", q_BHTC), tap(f"{at}.k.rotated", k_BGSC)
            if p.relative is not None:
                added = self.scale * p.relative.scores(self._maps(q_BHTC), self._maps(k_BGSC), p.position, p.behind)
                mask = mask.plus(tap(f"{at}.relative", added))
                mixes = partial(p.relative.values, start=p.behind) if p.relative.mixes else None
        return self._joined(self._mixed(q_BHTC, k_BGSC, v_BGSC, mask, p, mixes), p), kept

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
