"""DeepSeek-V2 (arXiv:2405.04434) and DeepSeek-V3 (arXiv:2412.19437): latent attention, shared experts, dense layers
first.

V2 gates by a softmax, V3 by sigmoids, with a bias that only selects. Of queries and of the latent, the channels that
turn are stored last, and ours has them first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from models.architecture import TransformerConfig
from models.attention import MLA
from models.embedding import Head
from models.mixture import MoE
from models.moe import DeepSeekMoE, DeepSeekV3
from models.norm import Norm
from models.pretrained.base import Entry, Family, Ignored, integer, pairs, prefixed, refuse_unless
from models.pretrained.experts import Names, mixture
from models.pretrained.llama import LLAMA
from models.pretrained.rotary import rotary

HEADS = {"qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "kv_lora_rank": 512}
DEFAULTS: dict[str, dict[str, Any]] = {
    "deepseek_v2": {"first_k_dense_replace": 0, "n_shared_experts": 2, "n_routed_experts": 64, "q_lora_rank": 1536},
    "deepseek_v3": {"first_k_dense_replace": 3, "n_shared_experts": 1, "n_routed_experts": 256, "q_lora_rank": 1536}
    | {"num_experts_per_tok": 8, "moe_intermediate_size": 2048, "n_group": 8, "topk_group": 4},
}
"""What a config.json may leave out."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """DeepseekV2Config or DeepseekV3Config -> ours."""
    kind = given["model_type"]
    given = DEFAULTS[kind] | HEADS | dict(given)
    refuse_unless(given, "hidden_act", "silu")
    refuse_unless(given, "moe_layer_freq", 1)
    for name in ("attention_bias", "mlp_bias"):
        refuse_unless(given, name, False)
    plain, turning, value, latent = (integer(given, name) for name in HEADS)
    first = given["first_k_dense_replace"]
    return TransformerConfig(
        layers=integer(given, "num_hidden_layers"),
        width=integer(given, "hidden_size"),
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_position_embeddings"),
        attention=MLA(
            heads=integer(given, "num_attention_heads"),
            head_dim=plain,
            rope_dim=turning,
            value_dim=value,
            latent=latent,
            query_latent=given["q_lora_rank"],
        ),
        position=_position(given),
        feed_forward=MoE(
            hidden=integer(given, "moe_intermediate_size"),
            activation="silu",
            gated=True,
            experts=integer(given, "n_routed_experts"),
            shared=integer(given, "n_shared_experts"),
            skip=first,
            dense_hidden=integer(given, "intermediate_size") if first else None,
            router=_softmax(given) if kind == "deepseek_v2" else _sigmoid(given),
        ),
        norm=Norm(eps=given.get("rms_norm_eps", 1e-6)),
        head=Head(tied=bool(given.get("tie_word_embeddings", False))),
    )


def _softmax(given: Mapping[str, Any]) -> DeepSeekMoE:
    refuse_unless(given, "scoring_func", "softmax")
    refuse_unless(given, "norm_topk_prob", False)
    refuse_unless(given, "topk_method", "greedy", "group_limited_greedy")
    grouped = given.get("topk_method") == "group_limited_greedy"
    groups: dict[str, Any] = (
        {"groups": integer(given, "n_group"), "groups_kept": integer(given, "topk_group")} if grouped else {}
    )
    scale = given.get("routed_scaling_factor", 1.0)
    return DeepSeekMoE(k=integer(given, "num_experts_per_tok"), scale=scale, **groups)


def _sigmoid(given: Mapping[str, Any]) -> DeepSeekV3:
    refuse_unless(given, "scoring_func", "sigmoid")
    refuse_unless(given, "norm_topk_prob", True)
    refuse_unless(given, "topk_method", "noaux_tc")
    groups, kept = integer(given, "n_group"), integer(given, "topk_group")
    scale = given.get("routed_scaling_factor", 2.5)
    return DeepSeekV3(k=integer(given, "num_experts_per_tok"), scale=scale, groups=groups, groups_kept=kept)


def _position(given: Mapping[str, Any]) -> Any:
    """YaRN sharpens whole scores by mscale_all_dim, as ours does by its sharpness."""
    rope = {name: _sharpened(given[name]) for name in ("rope_scaling", "rope_parameters") if given.get(name)}
    pairing = "interleaved" if given.get("rope_interleave", True) else "half-split"
    return rotary({**given, **rope}, pairing=pairing)


def _sharpened(rope: Any) -> Any:
    """The settings of YaRN with the sharpness that ours understands."""
    if not isinstance(rope, dict) or rope.get("rope_type", rope.get("type")) != "yarn":
        return rope
    least, factor = rope.get("mscale_all_dim", 0), rope.get("factor", 0)
    if "attention_factor" in rope or not least or rope.get("mscale") != least:
        raise ValueError(
            "config.json: YaRN sharpens the channels that turn otherwise than the others (mscale is not "
            "mscale_all_dim), and this core sharpens whole scores."
        )
    if not all(isinstance(n, int | float) for n in (least, factor)) or factor <= 0:
        raise ValueError(
            f"config.json: YaRN's factor and mscale must be numbers, got {factor!r:.40} and {least!r:.40}."
        )
    kept = {name: value for name, value in rope.items() if name not in ("mscale", "mscale_all_dim")}
    return kept | {"attention_factor": 0.1 * least * math.log(factor) + 1.0 if factor > 1 else 1.0}


def entries(config: TransformerConfig, names: Names) -> list[Entry]:
    """The table of names."""
    attention, moe, width = config.attention, config.feed_forward, config.width
    assert isinstance(attention, MLA)
    assert isinstance(moe, MoE)
    plain, latent = (attention.heads, attention.plain_channels(width)), (1, attention.latents(width))
    table = [Entry("embedding.tokens", ("model.embed_tokens.weight",)), *pairs({"decoder.norm_final": "model.norm"})]
    table += [] if config.head.tied else pairs({"head": "lm_head"})
    for i, part in enumerate(config.feed_forwards()["decoder"]):
        ours, theirs = f"decoder.blocks.{i}", f"model.layers.{i}"
        query = "q_b_proj" if attention.query_latent else "q_proj"
        table += [
            Entry(f"{ours}.attention.query.weight", (f"{theirs}.self_attn.{query}.weight",), rolled=plain),
            Entry(f"{ours}.attention.latent.weight", (f"{theirs}.self_attn.kv_a_proj_with_mqa.weight",), rolled=latent),
        ]
        modules = {
            "norm_attention": "input_layernorm",
            "norm_feed_forward": "post_attention_layernorm",
            "attention.norm_latent": "self_attn.kv_a_layernorm",
            "attention.made": "self_attn.kv_b_proj",
            "attention.out": "self_attn.o_proj",
        }
        if attention.query_latent:
            modules |= {
                "attention.query_latent": "self_attn.q_a_proj",
                "attention.norm_query": "self_attn.q_a_layernorm",
            }
        if part is moe:
            table += mixture(moe, width, f"{ours}.feed_forward", theirs, names)
        else:
            up = tuple(f"{theirs}.mlp.{name}_proj.weight" for name in ("gate", "up"))
            table.append(Entry(f"{ours}.feed_forward.up.weight", up, (moe.dense_hidden or 0,) * 2))
            modules["feed_forward.down"] = "mlp.down_proj"
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in modules.items()})
    return table


DEEPSEEK_V2 = LLAMA._replace(config=config, entries=partial(entries, names=Names()))
DEEPSEEK_V3 = Family(
    config,
    partial(entries, names=Names(bias="gate.e_score_correction_bias")),
    lambda name: prefixed(name, "model.", "lm_head."),
    (
        *LLAMA.ignored,
        Ignored(
            r"model\.layers\.{layers}\..*",
            "predicts a second token (multi-token prediction), which is no part of this core",
        ),
    ),
)
