"""Multi-head, grouped-query and multi-query attention: one module, told apart by how many key/value heads there are."""

from __future__ import annotations

from typing import Literal

from models.attention.base import Attention, Headed
from models.attention.heads import GroupedAttention
from models.config import knob, refuse


class SoftmaxAttention(Headed):
    """What the three softmax variants share."""

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
        paper=("Henry et al. 2020", "https://arxiv.org/abs/2010.04245"),
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
    scaled: bool = knob(True, "Divide by √head dimension", "Off: raw dot products, as T5 does.", advanced=True)

    def key_value_heads(self) -> int:
        """G."""
        return self.heads

    def sees(self) -> int | None:
        return self.window

    def build(self, width: int) -> Attention:
        return GroupedAttention(self, width)

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


class MHA(SoftmaxAttention):
    """Every query head has its own key/value head (Vaswani et al. 2017, arXiv:1706.03762, sec. 3.2.2)."""

    kind: Literal["MHA"] = "MHA"


class GQA(SoftmaxAttention):
    """Groups of query heads share one key/value head (Ainslie et al. 2023, arXiv:2305.13245)."""

    kind: Literal["GQA"] = "GQA"
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


class MQA(SoftmaxAttention):
    """All query heads share one key/value head (Shazeer 2019, arXiv:1911.02150)."""

    kind: Literal["MQA"] = "MQA"

    def key_value_heads(self) -> int:
        return 1
