"""GPT-2 (Radford et al. 2019). Its matrices are stored as (inputs, outputs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.attention import MHA
from models.embedding import Head
from models.feedforward import Dense
from models.norm import Norm
from models.position import Learned
from models.pretrained.base import BOTH, Entry, Family, Ignored, integer, pairs, prefixed, refuse_unless

TANH = dict.fromkeys(("gelu_new", "gelu_pytorch_tanh"), "gelu-tanh")
ACTIVATIONS: dict[str, Any] = TANH | {"gelu": "gelu", "relu": "relu"}


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """GPT2Config -> ours."""
    refuse_unless(given, "activation_function", *ACTIVATIONS)
    refuse_unless(given, "scale_attn_by_inverse_layer_idx", False)
    refuse_unless(given, "add_cross_attention", False)
    width = integer(given, "n_embd")
    return TransformerConfig(
        layers=integer(given, "n_layer"),
        width=width,
        vocab=integer(given, "vocab_size"),
        context=integer(given, "n_positions"),
        attention=MHA(
            heads=integer(given, "n_head"),
            qkv_bias=True,
            out_bias=True,
            scale=None if given.get("scale_attn_weights", True) else 1.0,
        ),
        position=Learned(),
        feed_forward=Dense(
            hidden=integer(given, "n_inner", 4 * width),
            activation=ACTIVATIONS[given.get("activation_function", "gelu_new")],
            bias=True,
        ),
        norm=Norm(kind="LayerNorm", eps=given.get("layer_norm_epsilon", 1e-5)),
        head=Head(tied=given.get("tie_word_embeddings", True)),
    )


def entries(config: TransformerConfig) -> list[Entry]:
    """The table of names."""
    table = [
        Entry("embedding.tokens", ("transformer.wte.weight",)),
        Entry("decoder.position.table", ("transformer.wpe.weight",)),
        *pairs({"decoder.norm_final": "transformer.ln_f"}, BOTH),
    ]
    table += [] if config.head.tied else pairs({"head": "lm_head"})
    for i in range(config.layers):
        ours, theirs = f"decoder.blocks.{i}", f"transformer.h.{i}"
        norms = {"norm_attention": "ln_1", "norm_feed_forward": "ln_2"}
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in norms.items()}, BOTH)
        matrices = {
            "attention.qkv": "attn.c_attn",
            "attention.out": "attn.c_proj",
            "feed_forward.up": "mlp.c_fc",
            "feed_forward.down": "mlp.c_proj",
        }
        for mine, its in matrices.items():
            table.append(Entry(f"{ours}.{mine}.weight", (f"{theirs}.{its}.weight",), transposed=True))
            table.append(Entry(f"{ours}.{mine}.bias", (f"{theirs}.{its}.bias",)))
    return table


GPT2 = Family(
    config,
    entries,
    lambda name: prefixed(name, "transformer.", "lm_head."),
    (
        Ignored(r"transformer\.h\.\d+\.attn\.(masked_)?bias", "the causal mask, which is not trained"),
        Ignored(r"lm_head\.weight", "the same as the token embedding", same_as="transformer.wte.weight"),
    ),
)
