"""Gemma (arXiv:2403.08295), Gemma 2 (arXiv:2408.00118) and the text models of Gemma 3 (arXiv:2503.19786).

LLaMA's shape with GEGLU, embeddings times √width, a tied head, and norms that multiply by 1 + w. Gemma 2 norms on both
sides of each sublayer, caps scores and logits and has a window in every second layer; Gemma 3 norms queries and keys
per head and has a window in five of six layers, which turn by a base of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.attention import GQA, MHA
from models.embedding import Embedding, Head
from models.feedforward import Dense
from models.norm import Norm
from models.pretrained import llama
from models.pretrained.base import Entry, Family, integer, pairs, refuse_unless
from models.pretrained.patterns import depth, kinds, windowed
from models.pretrained.rotary import rotary

LATER: dict[str, Any] = {"hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26}
LATER |= {"num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "sliding_window": 4096}
LATER |= {"hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 256, "rms_norm_eps": 1e-6}
FIRST: dict[str, Any] = {"hidden_size": 3072, "intermediate_size": 24_576, "num_hidden_layers": 28}
FIRST |= {"num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 256, "rms_norm_eps": 1e-6}
DEFAULTS: dict[str, dict[str, Any]] = {
    "gemma": FIRST | {"vocab_size": 256_000, "max_position_embeddings": 8192, "query_pre_attn_scalar": None},
    "gemma2": LATER
    | {"vocab_size": 256_000, "max_position_embeddings": 8192}
    | {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
    "gemma3_text": LATER | {"vocab_size": 262_208, "max_position_embeddings": 131_072},
}
"""What each family has where a config.json leaves a key out."""
NORMS = {
    "norm_attention": "input_layernorm",
    "norm_attention_out": "post_attention_layernorm",
    "norm_feed_forward": "pre_feedforward_layernorm",
    "norm_feed_forward_out": "post_feedforward_layernorm",
}


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """GemmaConfig, Gemma2Config or Gemma3TextConfig -> ours."""
    kind = given["model_type"]
    given = {**DEFAULTS[kind], **given}
    # The first Gemma's files say gelu and mean its tanh form, in hidden_act or in what replaced it.
    acts = ("gelu_pytorch_tanh", "gelu", None) if kind == "gemma" else ("gelu_pytorch_tanh",)
    for name in ("hidden_activation", "hidden_act") if kind == "gemma" else ("hidden_activation",):
        refuse_unless(given, name, *acts)
    refuse_unless(given, "use_bidirectional_attention", None, False)
    layers, biased = depth(given, "num_hidden_layers"), given.get("attention_bias", False)
    turns = kinds(given, layers, _turns(kind, given, layers)) if kind != "gemma" else ()
    attention = llama.grouped(
        integer(given, "num_attention_heads"),
        integer(given, "num_key_value_heads"),
        head_dim=integer(given, "head_dim"),
        qkv_bias=biased,
        out_bias=biased,
        scale=None if kind == "gemma" else integer(given, "query_pre_attn_scalar") ** -0.5,
        softcap=None if kind == "gemma" else given.get("attn_logit_softcapping"),
        **({"qk_norm": "head", "qk_eps": given["rms_norm_eps"]} if kind == "gemma3_text" else {}),
        **windowed(given.get("sliding_window"), turns),
    )
    return TransformerConfig(
        layers=layers,
        width=integer(given, "hidden_size"),
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_position_embeddings"),
        attention=attention,
        position=_two_bases(given, attention) if kind == "gemma3_text" else rotary(given),
        feed_forward=Dense(hidden=integer(given, "intermediate_size"), activation="gelu-tanh", gated=True),
        norm=Norm(eps=given["rms_norm_eps"], place="pre" if kind == "gemma" else "both"),
        embedding=Embedding(scaled=True),
        head=Head(
            tied=given.get("tie_word_embeddings", True),
            softcap=None if kind == "gemma" else given.get("final_logit_softcapping"),
        ),
    )


def _turns(kind: str, given: Mapping[str, Any], layers: int) -> list[str]:
    """The kinds of layers where a file does not list them: the last of each turn sees everything."""
    turn = 2 if kind == "gemma2" else integer(given, "sliding_window_pattern", 6)
    return ["sliding_attention" if (i + 1) % turn else "full_attention" for i in range(layers)]


def _two_bases(given: Mapping[str, Any], attention: MHA | GQA) -> Any:
    """Gemma 3's rotation: files of before 2026 name the local base apart, later ones have one part for each kind."""
    parts = given.get("rope_parameters") or {}
    if not isinstance(parts, dict):
        raise ValueError(f"config.json: rope_parameters must be an object, got {parts!r:.40}.")
    old = {"rope_theta": given.get("rope_theta", 1_000_000.0), "rope_scaling": given.get("rope_scaling")}
    far = rotary({**given, **old, "rope_parameters": parts.get("full_attention")})
    near = {"rope_theta": given.get("rope_local_base_freq", 10_000.0), "rope_scaling": None}
    near = rotary({**given, **near, "rope_parameters": parts.get("sliding_attention")})
    if attention.window is None:
        return far
    if "G" not in attention.pattern:
        return near
    if near["scaling"] != {"way": "none"}:
        raise ValueError("config.json: the angles of local layers are scaled, and in this core they are plain.")
    return far | {"local_base": near["base"]}


def entries(config: TransformerConfig) -> list[Entry]:
    """LLaMA's table, with more norms, whose weights count from 1."""
    table = []
    for entry in llama.entries(config):
        named = entry.ours.split(".")[-2]
        if config.norm.place != "both" or named not in NORMS:
            table.append(entry._replace(plus=1.0 if named.startswith("norm") else 0.0))
    if config.norm.place == "both":
        for i in range(config.layers):
            norms = {f"decoder.blocks.{i}.{ours}": f"model.layers.{i}.{its}" for ours, its in NORMS.items()}
            table += [entry._replace(plus=1.0) for entry in pairs(norms)]
    return table


GEMMA = Family(config, entries, llama.LLAMA.rename, llama.IGNORED)
