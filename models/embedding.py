"""The two ends of the model: tokens to vectors, vectors to logits."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, knob
from models.linear import Linear
from models.norm import Norm

POWER = ("Shen et al. 2024 (Power scheduler)", "https://arxiv.org/abs/2408.13359")
"""Where the multipliers of Granite come from."""


class Embedding(Config):
    """How token ids become vectors."""

    scaled: bool = knob(
        False,
        "Scale by √width",
        "Multiply token embeddings by √width, as the original transformer and Gemma do.",
        advanced=True,
        paper=("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762"),
    )
    multiplier: float = knob(
        1.0,
        "Embedding multiplier",
        "Token embeddings are multiplied by this (Granite: 12).",
        gt=0.0,
        le=1000.0,
        most=32.0,
        advanced=True,
        paper=POWER,
    )
    segments: int = knob(
        0,
        "Segments",
        "Kinds of segment with an embedding each (BERT: 2); 0: none.",
        ge=0,
        le=16,
        most=4,
        advanced=True,
        paper=("Devlin et al. 2019", "https://arxiv.org/abs/1810.04805"),
    )
    norm: bool = knob(False, "Embedding norm", "Normalise the sum of the embeddings, as BERT does.", advanced=True)


class Head(Config):
    """How vectors become logits."""

    tied: bool = knob(
        False,
        "Tied head",
        "The output matrix is the token embedding (Press and Wolf 2017).",
        advanced=True,
        paper=("Press and Wolf 2017", "https://arxiv.org/abs/1608.05859"),
    )
    bias: bool = knob(False, "Head bias", "A trained bias per vocabulary entry.", advanced=True)
    scaled: bool = knob(
        False, "Scale by 1/√width", "Divide the last vectors by √width before a tied head, as T5 does.", advanced=True
    )
    softcap: float | None = knob(
        None,
        "Soft-cap of logits",
        "Logits are bounded to ± this by a tanh; empty: off.",
        gt=0.0,
        le=1000.0,
        advanced=True,
        paper=("Gemma 2, 2024", "https://arxiv.org/abs/2408.00118"),
    )
    divisor: float = knob(
        1.0,
        "Logits divided by",
        "The last vectors are divided by this before the output matrix (Granite: 6).",
        gt=0.0,
        le=1000.0,
        most=32.0,
        advanced=True,
        paper=POWER,
    )
    transform: Literal["none", "gelu", "gelu-tanh"] = knob(
        "none",
        "Head transform",
        "A dense layer, activation and norm before the output matrix: BERT's masked-language-model head.",
        advanced=True,
    )


class TokenEmbedding(nn.Module):
    """Token (+ segment) embeddings; positions and the norm are added by the stack that reads them."""

    def __init__(self, config: Embedding, vocab: int, width: int):
        super().__init__()
        self.scale = config.multiplier * (math.sqrt(width) if config.scaled else 1.0)
        self.tokens = nn.Parameter(torch.empty(vocab, width))
        self.segments = nn.Parameter(torch.empty(config.segments, width)) if config.segments else None

    def forward(self, ids_BT: Tensor, segments_BT: Tensor | None = None) -> Tensor:
        """(B, T, D). Segment 0 everywhere unless told otherwise; refuses segments the model does not have."""
        x_BTD = _looked_up(ids_BT, self.tokens, "Token ids")
        x_BTD = x_BTD * self.scale if self.scale != 1.0 else x_BTD
        if self.segments is None:
            if segments_BT is not None:
                raise ValueError("This model has no segment embeddings: leave segments_BT out.")
            return x_BTD
        segments_BT = torch.zeros_like(ids_BT) if segments_BT is None else segments_BT
        return x_BTD + _looked_up(segments_BT, self.segments, "Segments")


def _looked_up(ids_BT: Tensor, table_VD: Tensor, what: str) -> Tensor:
    """Rows of a table; raises ValueError where there is none (on the CPU: an accelerator does not say)."""
    if torch.compiler.is_compiling():
        return F.embedding(ids_BT, table_VD)
    try:
        return F.embedding(ids_BT, table_VD)
    except IndexError:
        low, high, most = int(ids_BT.min()), int(ids_BT.max()), len(table_VD) - 1
        raise ValueError(f"{what} lie between 0 and {most:,}; these go from {low:,} to {high:,}.") from None


class OutputHead(nn.Module):
    """Logits over the vocabulary."""

    def __init__(self, config: Head, norm: Norm, vocab: int, width: int):
        super().__init__()
        self.scale, self.softcap = (width**-0.5 if config.scaled else 1.0) / config.divisor, config.softcap
        self.weight = None if config.tied else nn.Parameter(torch.empty(vocab, width))
        self.bias = nn.Parameter(torch.empty(vocab)) if config.bias else None
        self.dense = Linear(width, width) if config.transform != "none" else None
        self.norm = norm.build(width) if config.transform != "none" else None
        self.approximate = "tanh" if config.transform == "gelu-tanh" else "none"

    def forward(self, x_BTD: Tensor, tokens_VD: Tensor) -> Tensor:
        """(B, T, V); `tokens_VD` is the token embedding, used when tied."""
        if self.dense is not None and self.norm is not None:
            x_BTD = self.norm(F.gelu(self.dense(x_BTD), approximate=self.approximate))
        x_BTD = x_BTD * self.scale if self.scale != 1.0 else x_BTD
        logits_BTV = F.linear(x_BTD, tokens_VD if self.weight is None else self.weight, self.bias)
        return logits_BTV if self.softcap is None else self.softcap * torch.tanh(logits_BTV / self.softcap)


def embedding_parameters(config: Embedding, vocab: int, width: int) -> int:
    """Parameters of token and segment embeddings; the norm of each stack that reads them is counted apart."""
    return (vocab + config.segments) * width


def head_parameters(config: Head, norm: Norm, vocab: int, width: int) -> int:
    """Parameters of the output side beyond a tied matrix."""
    transform = 0 if config.transform == "none" else width * width + width + norm.parameters(width)
    return transform + (0 if config.tied else vocab * width) + config.bias * vocab
