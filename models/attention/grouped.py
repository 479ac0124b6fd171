"""Multi-head, grouped-query and multi-query attention: one module, told apart by how many key/value heads there are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from models.attention.base import Attention, Headed, Heads, Mixed
from models.attention.sight import Sight
from models.attention.softmax import attend
from models.config import knob, refuse
from models.edits import Ablate, Patch
from models.position import Position, Relative
from models.records import KeyValues, Scored


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


class GroupedAttention(Heads):
    """Softmax attention over H query heads and G key/value heads."""

    def __init__(self, config: SoftmaxAttention, width: int):
        c, g = config.channels(width), config.key_value_heads()
        super().__init__(config.heads, g, c, width, qkv_bias=config.qkv_bias, out_bias=config.out_bias)
        self.config = config
        self.scale = c**-0.5 if config.scaled else 1.0
        over = {"none": None, "head": (c, c), "full": self.sizes[:2]}[config.qk_norm]
        self.norm_q, self.norm_k = (nn.RMSNorm(n, eps=1e-6) for n in over) if over else (None, None)

    def forward(
        self,
        x_BTD: Tensor,
        sight: Sight,
        *,
        position: Position,
        relative: Relative | None = None,
        start: int = 0,
        cross: bool = False,
        source_BSD: Tensor | None = None,
        cached: KeyValues | None = None,
        edits: Sequence[Ablate | Patch] = (),
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
        record: bool = False,
    ) -> Mixed:
        also, added_BHTS = None, None
        if cross:
            q_BHTC = self._split(self._project(x_BTD, 0), self.heads, self.norm_q)
            if cached is None:
                assert source_BSD is not None
                keys = self._split(self._project(source_BSD, 1), self.kv_heads, self.norm_k)
                cached = KeyValues(keys, self._split(self._project(source_BSD, 2), self.kv_heads))
            own = cached
        else:
            q, k, v = self.qkv(x_BTD).split(self.sizes, dim=-1)
            q_BHTC = position.rotate(self._split(q, self.heads, self.norm_q), start)
            keys = position.rotate(self._split(k, self.kv_heads, self.norm_k), start)
            own = KeyValues(keys, self._split(v, self.kv_heads))
            if cached is not None:
                own = KeyValues(*(torch.cat(pair, dim=-2) for pair in zip(cached, own, strict=True)))
            if relative is not None:
                added_BHTS = self.scale * relative.scores(q_BHTC, own.k_BGSC, position, start)
                sight = sight.plus(added_BHTS)
                also = partial(relative.values, start=start) if relative.mixes else None
        mixed_BHTC, weights_BHTS = attend(
            q_BHTC,
            *own,
            sight,
            scale=self.scale,
            softcap=self.config.softcap,
            dropout=dropout,
            generator=generator,
            record=record,
            also=also,
        )
        scored = None
        if record and not cross:
            scored = Scored(q_BHTC, own.k_BGSC, self.scale, self.config.softcap, added_BHTS)
        return Mixed(self._joined(mixed_BHTC, edits), weights_BHTS, own, scored)

    def _split(self, x: Tensor, heads: int, norm: nn.Module | None = None) -> Tensor:
        """(B, T, heads * C) -> (B, heads, T, C), normalised before the split ("full") or after it ("head")."""
        full = norm is not None and self.config.qk_norm == "full"
        split = (norm(x) if full and norm else x).unflatten(-1, (heads, -1)).transpose(1, 2)
        return norm(split) if norm is not None and not full else split
