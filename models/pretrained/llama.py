"""LLaMA (Touvron et al. 2023, arXiv:2302.13971) and those of its shape: Mistral (arXiv:2310.06825), Ministral, Qwen2
(arXiv:2407.10671), Qwen3 (arXiv:2505.09388), SmolLM.

Pre-RMSNorm, RoPE in half-split pairs, SwiGLU, grouped keys. Mistral may see a window only, the others in some layers;
Qwen2 adds biases to queries, keys and values; Qwen3 normalises queries and keys per head.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.attention import GQA, MHA
from models.embedding import Head
from models.feedforward import Dense
from models.norm import Norm
from models.pretrained.base import BOTH, Entry, Family, Ignored, integer, pairs, prefixed, refuse_unless
from models.pretrained.patterns import depth, kinds, windowed
from models.pretrained.rotary import rotary, stored

SHARED = {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "rms_norm_eps": 1e-6}
MISTRAL = SHARED | {"vocab_size": 32_000, "intermediate_size": 14_336, "num_key_value_heads": 8}
MISTRAL |= {"max_position_embeddings": 131_072, "sliding_window": 4096}
QWEN = SHARED | {"vocab_size": 151_936, "intermediate_size": 22_016, "num_key_value_heads": 32}
QWEN |= {"max_position_embeddings": 32_768, "sliding_window": 4096, "max_window_layers": 28}
DEFAULTS: dict[str, dict[str, Any]] = {
    "llama": SHARED | {"vocab_size": 32_000, "intermediate_size": 11_008, "max_position_embeddings": 2048},
    "mistral": MISTRAL,
    "ministral": MISTRAL,
    "qwen2": QWEN,
    "qwen3": QWEN | {"head_dim": 128},
}
"""What each family has where a config.json leaves a key out."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """The config of one of these families -> ours."""
    kind = given["model_type"]
    given = {**DEFAULTS[kind], **given}
    refuse_unless(given, "hidden_act", "silu")
    biased = given.get("attention_bias", False)
    heads, layers = integer(given, "num_attention_heads"), depth(given, "num_hidden_layers")
    return TransformerConfig(
        layers=layers,
        width=integer(given, "hidden_size"),
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_position_embeddings"),
        attention=grouped(
            heads,
            integer(given, "num_key_value_heads", heads),
            head_dim=integer(given, "head_dim") if kind == "qwen3" else given.get("head_dim"),
            qkv_bias=kind == "qwen2" or biased,
            out_bias=kind != "qwen2" and biased,
            **_window(kind, given, layers),
            **({"qk_norm": "head", "qk_eps": given["rms_norm_eps"]} if kind == "qwen3" else {}),
        ),
        position=rotary(given),
        feed_forward=Dense(
            hidden=integer(given, "intermediate_size"),
            activation="silu",
            gated=True,
            bias=given.get("mlp_bias", False),
        ),
        norm=Norm(eps=given["rms_norm_eps"]),
        head=Head(tied=given.get("tie_word_embeddings", False)),
    )


def grouped(heads: int, kv_heads: int, **fields: Any) -> MHA | GQA:
    """As many key heads as query heads is MHA."""
    return MHA(heads=heads, **fields) if kv_heads == heads else GQA(heads=heads, kv_heads=kv_heads, **fields)


def _window(kind: str, given: Mapping[str, Any], layers: int) -> dict[str, Any]:
    """Which layers see how far."""
    window = given.get("sliding_window")
    local, full = ["sliding_attention"], ["full_attention"]
    if kind in ("llama", "mistral"):  # transformers does not look at their layer_types
        refuse_unless(given, "layer_types", None, full * layers, local * layers)
        return {} if kind == "llama" else windowed(window, local * layers)
    if kind == "ministral":
        return windowed(window, kinds(given, layers, local * layers))
    first = min(layers, integer(given, "max_window_layers", least=0))
    window = window if given.get("use_sliding_window", False) else None
    return windowed(window, kinds(given, layers, full * first + local * (layers - first)))


def entries(config: TransformerConfig) -> list[Entry]:
    """The table of names."""
    attention, dense = config.attention, config.feed_forward
    assert isinstance(attention, MHA | GQA)
    assert isinstance(dense, Dense)
    table = [Entry("embedding.tokens", ("model.embed_tokens.weight",)), *pairs({"decoder.norm_final": "model.norm"})]
    table += [] if config.head.tied else pairs({"head": "lm_head"})
    for i in range(config.layers):
        ours, theirs = f"decoder.blocks.{i}", f"model.layers.{i}"
        table += joined(config, ours, theirs)
        table += pairs({f"{ours}.attention.out": f"{theirs}.self_attn.o_proj"}, BOTH[: 1 + attention.out_bias])
        table += pairs({f"{ours}.feed_forward.down": f"{theirs}.mlp.down_proj"}, BOTH[: 1 + dense.bias])
        names = {"norm_attention": "input_layernorm", "norm_feed_forward": "post_attention_layernorm"}
        if attention.qk_norm != "none":
            names |= {"attention.norm_q": "self_attn.q_norm", "attention.norm_k": "self_attn.k_norm"}
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in names.items()})
    return table


def joined(config: TransformerConfig, ours: str, theirs: str) -> list[Entry]:
    """The matrices of a layer that are one of ours: queries, keys and values; gate and up."""
    attention, dense = config.attention, config.feed_forward
    assert isinstance(attention, MHA | GQA)
    assert isinstance(dense, Dense)
    c, h, g = attention.channels(config.width), attention.heads, attention.key_value_heads()
    table = []
    for kind in BOTH[: 1 + attention.qkv_bias]:
        qkv = tuple(f"{theirs}.self_attn.{letter}_proj.{kind}" for letter in "qkv")
        table.append(Entry(f"{ours}.attention.qkv.{kind}", qkv, (h * c, g * c, g * c)))
    for kind in BOTH[: 1 + dense.bias]:
        up = tuple(f"{theirs}.mlp.{name}_proj.{kind}" for name in ("gate", "up"))
        table.append(Entry(f"{ours}.feed_forward.up.{kind}", up, (dense.hidden, dense.hidden)))
    return table


IGNORED = (
    stored(r"model\.(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq"),
    Ignored(r"lm_head\.weight", "the same as the token embedding", same_as="model.embed_tokens.weight"),
)
LLAMA = Family(config, entries, lambda name: prefixed(name, "model.", "lm_head."), IGNORED)
