"""LLaMA (Touvron et al. 2023, arXiv:2302.13971), Mistral (arXiv:2310.06825) and Qwen3 (arXiv:2505.09388).

Pre-RMSNorm, RoPE in half-split pairs, SwiGLU, grouped keys, no biases. Mistral may see a window only; Qwen3 normalises
queries and keys per head.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.attention import GQA, MHA
from models.embedding import Head
from models.feedforward import Dense
from models.norm import Norm
from models.pretrained.base import Entry, Family, Ignored, integer, pairs, prefixed, refuse_unless
from models.pretrained.rotary import rotary


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """LlamaConfig, MistralConfig or Qwen3Config -> ours."""
    kind = given.get("model_type")
    refuse_unless(given, "hidden_act", "silu")
    for name in ("attention_bias", "mlp_bias", "use_sliding_window"):
        refuse_unless(given, name, False)
    heads = integer(given, "num_attention_heads")
    if kind == "qwen3":
        kinds = given.get("layer_types") or []
        if not isinstance(kinds, list) or kinds.count("full_attention") < len(kinds):
            raise ValueError(
                "config.json: layer_types mixes kinds of attention, and in this core all layers are alike."
            )
    kv_heads = integer(given, "num_key_value_heads", heads if kind == "llama" else None)
    shared: dict[str, Any] = {
        "heads": heads,
        "head_dim": integer(given, "head_dim") if kind == "qwen3" else given.get("head_dim"),
        "window": given.get("sliding_window", 4096) if kind == "mistral" else None,
    }
    if kind == "qwen3":
        shared |= {"qk_norm": "head", "qk_eps": given.get("rms_norm_eps", 1e-6)}
    return TransformerConfig(
        layers=integer(given, "num_hidden_layers"),
        width=integer(given, "hidden_size"),
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_position_embeddings"),
        attention=MHA(**shared) if kv_heads == heads else GQA(**shared, kv_heads=kv_heads),
        position=rotary(given),
        feed_forward=Dense(hidden=integer(given, "intermediate_size"), activation="silu", gated=True),
        norm=Norm(eps=given.get("rms_norm_eps", 1e-6)),
        head=Head(tied=given.get("tie_word_embeddings", False)),
    )


def entries(config: TransformerConfig) -> list[Entry]:
    """The table of names."""
    attention, dense, width = config.attention, config.feed_forward, config.width
    assert isinstance(attention, MHA | GQA)
    assert isinstance(dense, Dense)
    c, h, g = attention.channels(width), attention.heads, attention.key_value_heads()
    table = [Entry("embedding.tokens", ("model.embed_tokens.weight",)), *pairs({"decoder.norm_final": "model.norm"})]
    table += [] if config.head.tied else pairs({"head": "lm_head"})
    for i in range(config.layers):
        ours, theirs = f"decoder.blocks.{i}", f"model.layers.{i}"
        qkv = tuple(f"{theirs}.self_attn.{letter}_proj.weight" for letter in "qkv")
        table.append(Entry(f"{ours}.attention.qkv.weight", qkv, (h * c, g * c, g * c)))
        up = tuple(f"{theirs}.mlp.{name}_proj.weight" for name in ("gate", "up"))
        table.append(Entry(f"{ours}.feed_forward.up.weight", up, (dense.hidden, dense.hidden)))
        names = {
            "attention.out": "self_attn.o_proj",
            "feed_forward.down": "mlp.down_proj",
            "norm_attention": "input_layernorm",
            "norm_feed_forward": "post_attention_layernorm",
        }
        if attention.qk_norm != "none":
            names |= {"attention.norm_q": "self_attn.q_norm", "attention.norm_k": "self_attn.k_norm"}
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in names.items()})
    return table


LLAMA = Family(
    config,
    entries,
    lambda name: prefixed(name, "model.", "lm_head."),
    (
        Ignored(
            r"model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq",
            "RoPE's frequencies, which follow from the config",
        ),
        Ignored(r"lm_head\.weight", "the same as the token embedding", same_as="model.embed_tokens.weight"),
    ),
)
