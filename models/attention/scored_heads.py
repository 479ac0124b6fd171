"""The settings of attention whose weights are made of scaled products of queries and keys, and what it costs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator
from typing_extensions import Self

from models.attention.base import Headed
from models.config import knob


class ScoredHeads(Headed):
    """Everything but the module."""

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
    pattern: str = knob(
        "L",
        "Layers with the window",
        "L: local, with the window; G: global, without. From the first layer on and over again: GL as GPT-Neo, LG as "
        "Gemma 2, LLLLLG as Gemma 3.",
        pattern="^G*L[GL]*$",
        max_length=256,
        advanced=True,
        paper=("Child et al. 2019", "https://arxiv.org/abs/1904.10509"),
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
        return self.window if "G" not in self.pattern else None

    def at(self, layer: int, stack: str) -> Self:
        local = self.pattern[layer % len(self.pattern)] == "L"
        return self if self.pattern == "L" else self.but(window=self.window if local else None, pattern="L")

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
