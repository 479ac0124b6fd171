"""T5 (Raffel et al. 2020, arXiv:1910.10683): v1.0, and v1.1 as flan-t5 is, gated and with a head of its own.

Encoder-decoder, pre-RMSNorm, no biases, unscaled scores; each stack has one table of relative biases, in its first
block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.attention import MHA
from models.embedding import Head
from models.feedforward import Dense
from models.norm import Norm
from models.position import T5 as Buckets
from models.pretrained.base import Entry, Family, Ignored, integer, pairs, refuse_unless

ACTIVATIONS: dict[str, dict[str, Any]] = {
    "relu": {"activation": "relu"},
    "gated-gelu": {"activation": "gelu-tanh", "gated": True},
}


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """T5Config -> ours. T5 has no longest text: the context is `n_positions`, where old files state it, or 512."""
    refuse_unless(given, "feed_forward_proj", *ACTIVATIONS)
    depth, tied = integer(given, "num_layers"), given.get("tie_word_embeddings", True)
    return TransformerConfig(
        topology="encoder-decoder",
        layers=integer(given, "num_decoder_layers", depth),
        encoder_layers=depth,
        width=integer(given, "d_model"),
        vocab=integer(given, "vocab_size"),
        context=integer(given, "n_positions", 512),
        attention=MHA(heads=integer(given, "num_heads"), head_dim=integer(given, "d_kv"), scale=1.0),
        position=Buckets(
            buckets=integer(given, "relative_attention_num_buckets", 32),
            furthest=integer(given, "relative_attention_max_distance", 128),
        ),
        feed_forward=Dense(hidden=integer(given, "d_ff"), **ACTIVATIONS[given.get("feed_forward_proj", "relu")]),
        norm=Norm(eps=given.get("layer_norm_epsilon", 1e-6)),
        head=Head(tied=tied, scaled=given.get("scale_decoder_outputs", tied)),
    )


def entries(config: TransformerConfig) -> list[Entry]:
    """The table of names."""
    table = [Entry("embedding.tokens", ("shared.weight",))]
    table += [] if config.head.tied else pairs({"head": "lm_head"})
    for stack, depth in config.depths().items():
        bias = f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        table += [
            Entry(f"{stack}.position.bias_table", (bias,)),
            *pairs({f"{stack}.norm_final": f"{stack}.final_layer_norm"}),
        ]
        for i in range(depth):
            table += _block(config, f"{stack}.blocks.{i}", f"{stack}.block.{i}.layer", crosses=stack == "decoder")
    return table


def _block(config: TransformerConfig, ours: str, theirs: str, *, crosses: bool) -> list[Entry]:
    attention, dense = config.attention, config.feed_forward
    assert isinstance(attention, MHA)
    assert isinstance(dense, Dense)
    table, inner = [], attention.heads * attention.channels(config.width)
    parts = [("attention", "SelfAttention", "norm_attention")]
    parts += [("cross_attention", "EncDecAttention", "norm_cross")] if crosses else []
    for n, (mine, its, norm) in enumerate(parts):
        qkv = tuple(f"{theirs}.{n}.{its}.{letter}.weight" for letter in "qkv")
        table.append(Entry(f"{ours}.{mine}.qkv.weight", qkv, (inner,) * 3))
        table += pairs({f"{ours}.{mine}.out": f"{theirs}.{n}.{its}.o", f"{ours}.{norm}": f"{theirs}.{n}.layer_norm"})
    last = f"{theirs}.{len(parts)}"
    wi = tuple(f"{last}.DenseReluDense.{name}.weight" for name in (("wi_0", "wi_1") if dense.gated else ("wi",)))
    table.append(Entry(f"{ours}.feed_forward.up.weight", wi, (dense.hidden,) * 2 if dense.gated else ()))
    names = {"feed_forward.down": "DenseReluDense.wo", "norm_feed_forward": "layer_norm"}
    return table + pairs({f"{ours}.{mine}": f"{last}.{its}" for mine, its in names.items()})


T5 = Family(
    config,
    entries,
    lambda name: name,
    (
        Ignored(r"(en|de)coder\.embed_tokens\.weight", "the same as the token embedding", same_as="shared.weight"),
        Ignored(
            r"decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight",
            "never read: positions of two texts have no distance",
        ),
        Ignored(r"lm_head\.weight", "the same as the token embedding", same_as="shared.weight"),
    ),
)
