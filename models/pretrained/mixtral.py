"""Mixtral (Jiang et al. 2024, arXiv:2401.04088), Qwen3-MoE (arXiv:2505.09388) and OLMoE (Muennighoff et al. 2024,
arXiv:2409.02060): a LLaMA with a mixture in its layers.

Mixtral and most Qwen3-MoE files renormalise the gates, OLMoE does not, and normalises queries and keys over the whole
width. Qwen3-MoE may have dense layers between.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from models.architecture import TransformerConfig
from models.mixture import MoE
from models.moe import TopK
from models.pretrained import llama
from models.pretrained.base import Entry, integer, prefixed, refuse_unless
from models.pretrained.experts import Names, layers, mixture

DEFAULTS: dict[str, dict[str, Any]] = {
    "mixtral": {
        "rope_theta": 1e6,
        "rms_norm_eps": 1e-5,
        "num_key_value_heads": 8,
        "num_experts_per_tok": 2,
        "sliding_window": None,
    },
    "qwen3_moe": {
        "num_key_value_heads": 4,
        "num_experts_per_tok": 8,
        "moe_intermediate_size": 768,
        "norm_topk_prob": False,
    },
    "olmoe": {"rms_norm_eps": 1e-5, "num_experts_per_tok": 8, "norm_topk_prob": False},
}
"""What a config.json may leave out."""
EXPERTS = {"mixtral": 8, "qwen3_moe": 128, "olmoe": 64}
LIKE = {"mixtral": "mistral", "qwen3_moe": "qwen3", "olmoe": "llama"}
"""The dense family that has the same attention."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """MixtralConfig, Qwen3MoeConfig or OlmoeConfig -> ours."""
    kind = given["model_type"]
    given = DEFAULTS[kind] | dict(given)
    refuse_unless(given, "clip_qkv", None)
    heads, hidden = integer(given, "num_attention_heads"), integer(given, "intermediate_size")
    for name, usual in (("num_key_value_heads", heads), ("head_dim", integer(given, "hidden_size") // heads)):
        given[name] = usual if given.get(name) is None else given[name]
    like = llama.config(given | {"model_type": LIKE[kind]})
    if kind == "olmoe":
        like = like.but(attention=like.attention.but(qk_norm="full", qk_eps=given["rms_norm_eps"]))
    where: dict[str, Any] = {}
    if kind == "qwen3_moe":
        where = _layers(given, like.layers)
        where |= {"dense_hidden": hidden} if where["every"] > 1 or where["skip"] else {}
        hidden = integer(given, "moe_intermediate_size")
    moe = MoE(
        hidden=hidden,
        activation="silu",
        gated=True,
        experts=integer(given, "num_local_experts" if "num_local_experts" in given else "num_experts", EXPERTS[kind]),
        router=TopK(k=integer(given, "num_experts_per_tok"), renormalise=given.get("norm_topk_prob", True)),
        **where,
    )
    return like.but(feed_forward=moe)


def _layers(given: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Every n-th layer of Qwen3-MoE, but those that are named."""
    step, dense = integer(given, "decoder_sparse_step", 1), given.get("mlp_only_layers") or []
    if not isinstance(dense, list):
        raise ValueError(f"config.json: mlp_only_layers must be a list of layers, got {dense!r:.40}.")
    return layers([i not in dense and (i + 1) % step == 0 for i in range(depth)])


def entries(config: TransformerConfig, names: Names) -> list[Entry]:
    """LLaMA's table, with mixtures in place of some of its networks."""
    moe = config.feed_forward
    assert isinstance(moe, MoE)
    blocks = [i for i, part in enumerate(config.feed_forwards()["decoder"]) if part is moe]
    table = llama.entries(config.but(feed_forward=moe.network(moe.dense_hidden or moe.hidden)))
    replaced = tuple(f"decoder.blocks.{i}.feed_forward." for i in blocks)
    table = [entry for entry in table if not entry.ours.startswith(replaced)]
    for i in blocks:
        table += mixture(moe, config.width, f"decoder.blocks.{i}.feed_forward", f"model.layers.{i}", names)
    return table


def mixtral_name(name: str) -> str:
    """In memory, transformers calls the mixture mlp; files say block_sparse_moe."""
    return prefixed(name.replace(".mlp.", ".block_sparse_moe."), "model.", "lm_head.")


MIXTRAL = llama.LLAMA._replace(
    config=config,
    entries=partial(entries, names=Names(block="block_sparse_moe", up=("w1", "w3"), down="w2")),
    rename=mixtral_name,
)
MIXED = llama.LLAMA._replace(config=config, entries=partial(entries, names=Names()))
