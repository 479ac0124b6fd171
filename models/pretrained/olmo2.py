"""OLMo 2 (OLMo team 2025, arXiv:2501.00656): a LLaMA whose norms stand behind its sublayers, before the addition, and
whose queries and keys are normed over all heads at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.pretrained import llama
from models.pretrained.base import Entry, Family

DEFAULTS = {"vocab_size": 50_304, "intermediate_size": 11_008, "max_position_embeddings": 2048, "rms_norm_eps": 1e-5}
"""What differs from LLaMA's where a config.json leaves a key out."""
NAMES = {"norm_attention": "post_attention_layernorm", "norm_feed_forward": "post_feedforward_layernorm"}


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """Olmo2Config -> ours."""
    given = {**DEFAULTS, **given, "model_type": "llama"}
    like = llama.config(given)
    attention = like.attention.but(qk_norm="full", qk_eps=given["rms_norm_eps"])
    return like.but(attention=attention, norm=like.norm.but(place="output"))


def entries(config: TransformerConfig) -> list[Entry]:
    """LLaMA's table with other names of norms."""
    return [
        entry._replace(theirs=tuple(_own(entry.ours, name) for name in entry.theirs)) for entry in llama.entries(config)
    ]


def _own(ours: str, name: str) -> str:
    part = ours.split(".")[-2]
    return name.rsplit(".", 2)[0] + f".{NAMES[part]}.weight" if part in NAMES else name


OLMO2 = Family(config, entries, llama.LLAMA.rename, llama.IGNORED)
