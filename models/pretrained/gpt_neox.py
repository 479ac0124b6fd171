"""GPT-NeoX and Pythia (Black et al. 2022, arXiv:2204.06745; Biderman et al. 2023, arXiv:2304.01373).

Pre-LayerNorm, attention and feed-forward side by side, RoPE on a part of each head, biases. Query, key and value of one
head are stored together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.attention import MHA
from models.embedding import Head
from models.feedforward import Dense
from models.norm import Norm
from models.pretrained.base import BOTH, Entry, Family, Ignored, integer, pairs, prefixed, refuse_unless
from models.pretrained.rotary import rotary, stored

ACTIVATIONS: dict[str, Any] = {"gelu": "gelu", "gelu_new": "gelu-tanh", "gelu_pytorch_tanh": "gelu-tanh"}

DEFAULTS = {"vocab_size": 50_432, "hidden_size": 6144, "num_hidden_layers": 44, "num_attention_heads": 64}
DEFAULTS |= {"intermediate_size": 24_576, "max_position_embeddings": 2048}
"""What the family has where a config.json leaves a key out."""


def _position(given: Mapping[str, Any]) -> Any:
    """Files of before 2026 say `rotary_pct` and `rotary_emb_base`, later ones have both under `rope_parameters`."""
    new = given.get("rope_parameters")
    fraction = given.get("rotary_pct", 0.25)
    if isinstance(new, dict):
        fraction = new.get("partial_rotary_factor", fraction)
        new = {name: value for name, value in new.items() if name != "partial_rotary_factor"}
    base = given.get("rotary_emb_base", 10_000.0)
    return rotary({**given, "rope_theta": base, "rope_parameters": new}, fraction=fraction)


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """GPTNeoXConfig -> ours."""
    given = {**DEFAULTS, **given}
    refuse_unless(given, "hidden_act", *ACTIVATIONS)
    refuse_unless(given, "attention_bias", True)
    return TransformerConfig(
        layers=integer(given, "num_hidden_layers"),
        width=integer(given, "hidden_size"),
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_position_embeddings"),
        parallel=given.get("use_parallel_residual", True),
        attention=MHA(heads=integer(given, "num_attention_heads"), qkv_bias=True, out_bias=True),
        position=_position(given),
        feed_forward=Dense(
            hidden=integer(given, "intermediate_size"),
            activation=ACTIVATIONS[given.get("hidden_act", "gelu")],
            bias=True,
        ),
        norm=Norm(kind="LayerNorm", eps=given.get("layer_norm_eps", 1e-5)),
        head=Head(tied=given.get("tie_word_embeddings", False)),
    )


def entries(config: TransformerConfig) -> list[Entry]:
    """The table of names."""
    table = [
        Entry("embedding.tokens", ("gpt_neox.embed_in.weight",)),
        *pairs({"decoder.norm_final": "gpt_neox.final_layer_norm"}, BOTH),
    ]
    table += [] if config.head.tied else pairs({"head": "embed_out"})
    for i in range(config.layers):
        ours, theirs = f"decoder.blocks.{i}", f"gpt_neox.layers.{i}"
        for kind in BOTH:
            qkv = (f"{theirs}.attention.query_key_value.{kind}",)
            table.append(Entry(f"{ours}.attention.qkv.{kind}", qkv, heads=config.attention.query_heads()))
        names = {
            "attention.out": "attention.dense",
            "norm_attention": "input_layernorm",
            "norm_feed_forward": "post_attention_layernorm",
            "feed_forward.up": "mlp.dense_h_to_4h",
            "feed_forward.down": "mlp.dense_4h_to_h",
        }
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in names.items()}, BOTH)
    return table


def rename(name: str) -> str:
    """In memory, transformers calls the head lm_head; files say embed_out."""
    return "embed_out.weight" if name == "lm_head.weight" else prefixed(name, "gpt_neox.", "embed_out.")


GPT_NEOX = Family(
    config,
    entries,
    rename,
    (
        Ignored(r"gpt_neox\.layers\.\d+\.attention\.(masked_)?bias", "the causal mask, which is not trained"),
        stored(r"gpt_neox\.(layers\.\d+\.attention\.)?rotary_emb\.inv_freq"),
        Ignored(r"embed_out\.weight", "the same as the token embedding", same_as="gpt_neox.embed_in.weight"),
    ),
)
