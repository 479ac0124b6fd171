"""Attention variants. A variant is one file plus one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.attention.base import Attention, AttentionConfig, Where
from models.attention.differential import Differential
from models.attention.grouped import GQA, MHA, MQA
from models.attention.latent import MLA
from models.attention.linear import LinearAttention
from models.attention.mask import ALL, CAUSAL, Mask, mask
from models.attention.none import NoAttention
from models.attention.pointwise import ReLU, Sigmoid
from models.attention.sinks import Sinks
from models.config import slot

ATTENTIONS: dict[str, type[AttentionConfig]] = {
    "MHA": MHA,
    "GQA": GQA,
    "MQA": MQA,
    "MLA": MLA,
    "linear": LinearAttention,
    "differential": Differential,
    "sigmoid": Sigmoid,
    "ReLU": ReLU,
    "sinks": Sinks,
    "none": NoAttention,
}

if TYPE_CHECKING:
    AnyAttention = AttentionConfig
else:
    AnyAttention = slot(ATTENTIONS)

__all__ = [
    "ALL",
    "ATTENTIONS",
    "CAUSAL",
    "GQA",
    "MHA",
    "MLA",
    "MQA",
    "AnyAttention",
    "Attention",
    "AttentionConfig",
    "Differential",
    "LinearAttention",
    "Mask",
    "NoAttention",
    "ReLU",
    "Sigmoid",
    "Sinks",
    "Where",
    "mask",
]
