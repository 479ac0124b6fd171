"""Granite (IBM 2024), dense and as a mixture: a LLaMA with four multipliers (Shen et al. 2024, arXiv:2408.13359), of
the embedding, the scores, what sublayers add, and the logits.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from models.architecture import TransformerConfig
from models.embedding import Embedding
from models.mixture import MoE
from models.moe import TopK
from models.pretrained import llama, mixtral
from models.pretrained.base import integer, prefixed
from models.pretrained.experts import Names

FILES = {"experts.gate_up_proj": "input_linear.weight", "experts.down_proj": "output_linear.weight"}
FILES |= {"router.weight": "router.layer.weight"}
"""What a mixture's tensors are called in memory, and in files."""
NAMES = Names(
    block="block_sparse_moe",
    router="router.layer.weight",
    up=(),
    fused=("input_linear.weight", "output_linear.weight"),
)


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """GraniteConfig or GraniteMoeConfig -> ours."""
    like = llama.config({**given, "model_type": "llama"})
    like = like.but(
        attention=like.attention.but(scale=given.get("attention_multiplier", 1.0)),
        residual=given.get("residual_multiplier", 1.0),
        embedding=Embedding(multiplier=given.get("embedding_multiplier", 1.0)),
        head=like.head.but(divisor=given.get("logits_scaling", 1.0)),
    )
    if given["model_type"] == "granite":
        return like
    moe = MoE(
        hidden=integer(given, "intermediate_size"),
        activation="silu",
        gated=True,
        experts=integer(given, "num_local_experts", 8),
        router=TopK(k=integer(given, "num_experts_per_tok", 2), softmax="after selection"),
    )
    return like.but(feed_forward=moe)


def rename(name: str) -> str:
    """In memory, transformers calls the experts as other families do."""
    block, found, part = name.partition(".block_sparse_moe.")
    return prefixed(f"{block}{found}{FILES.get(part, part)}", "model.", "lm_head.")


GRANITE = llama.LLAMA._replace(config=config)
GRANITE_MOE = llama.LLAMA._replace(config=config, entries=partial(mixtral.entries, names=NAMES), rename=rename)
