"""GPT-Neo (Black et al. 2021), as TinyStories has it (Eldan and Li 2023, arXiv:2305.07759).

Pre-LayerNorm, learned positions, raw dot products, biases everywhere but in queries, keys and values; global and local
layers by turn.
"""

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
from models.pretrained.gpt2 import ACTIVATIONS
from models.pretrained.patterns import depth, windowed

DEFAULTS: dict[str, Any] = {"vocab_size": 50_257, "max_position_embeddings": 2048, "hidden_size": 2048}
DEFAULTS |= {"num_layers": 24, "num_heads": 16, "window_size": 256, "attention_types": [[["global", "local"], 12]]}
"""What the family has where a config.json leaves a key out."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """GPTNeoConfig -> ours."""
    given = {**DEFAULTS, **given}
    refuse_unless(given, "activation_function", *ACTIVATIONS)
    width, layers = integer(given, "hidden_size"), depth(given, "num_layers")
    return TransformerConfig(
        layers=layers,
        width=width,
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_position_embeddings"),
        attention=MHA(
            heads=integer(given, "num_heads"),
            scale=1.0,
            out_bias=True,
            **windowed(integer(given, "window_size"), _kinds(given["attention_types"], layers)),
        ),
        position=Learned(),
        feed_forward=Dense(
            hidden=integer(given, "intermediate_size", 4 * width),
            activation=ACTIVATIONS[given.get("activation_function", "gelu_new")],
            bias=True,
        ),
        norm=Norm(kind="LayerNorm", eps=given.get("layer_norm_epsilon", 1e-5)),
        head=Head(tied=given.get("tie_word_embeddings", True)),
    )


def _kinds(types: Any, layers: int) -> list[Any]:
    """[[kinds, times], ...] one after another, for each layer one."""
    found: list[Any] = []
    for item in types if isinstance(types, list | tuple) else ():
        if not isinstance(item, list | tuple) or len(item) != 2 or not isinstance(item[0], list | tuple):
            break
        found += list(item[0]) * (item[1] if isinstance(item[1], int) and 0 <= item[1] <= layers else 0)
    if len(found) != layers:
        raise ValueError(f"config.json: attention_types must list the kinds of {layers} layers, got {types!r:.60}.")
    return found


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
        qkv = tuple(f"{theirs}.attn.attention.{letter}_proj.weight" for letter in "qkv")
        table.append(Entry(f"{ours}.attention.qkv.weight", qkv, (config.width,) * 3))
        names = {
            "attention.out": "attn.attention.out_proj",
            "norm_attention": "ln_1",
            "norm_feed_forward": "ln_2",
            "feed_forward.up": "mlp.c_fc",
            "feed_forward.down": "mlp.c_proj",
        }
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in names.items()}, BOTH)
    return table


GPT_NEO = Family(
    config,
    entries,
    lambda name: prefixed(name, "transformer.", "lm_head."),
    (
        Ignored(r"transformer\.h\.\d+\.attn\.attention\.(masked_)?bias", "the causal mask, which is not trained"),
        Ignored(r"lm_head\.weight", "the same as the token embedding", same_as="transformer.wte.weight"),
    ),
)
