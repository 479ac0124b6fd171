"""BERT (Devlin et al. 2019, arXiv:1810.04805), with its masked-language-model head or as an encoder alone (MiniLM)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch

from models.architecture import TransformerConfig
from models.attention import MHA
from models.embedding import Embedding, Head
from models.feedforward import Dense
from models.norm import Norm
from models.position import Learned
from models.pretrained.base import BOTH, Entry, Family, Ignored, integer, pairs, prefixed, refuse_unless

ACTIVATIONS: dict[str, Any] = {"gelu": "gelu", "gelu_new": "gelu-tanh", "gelu_pytorch_tanh": "gelu-tanh"}

DEFAULTS = {"vocab_size": 30_522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
DEFAULTS |= {"intermediate_size": 3072, "max_position_embeddings": 512, "type_vocab_size": 2}
"""What the family has where a config.json leaves a key out."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """BertConfig -> ours."""
    given = {**DEFAULTS, **given}
    refuse_unless(given, "hidden_act", *ACTIVATIONS)
    refuse_unless(given, "position_embedding_type", "absolute")
    refuse_unless(given, "tie_word_embeddings", True)
    for name in ("is_decoder", "add_cross_attention"):
        refuse_unless(given, name, False)
    activation = ACTIVATIONS[given.get("hidden_act", "gelu")]
    return TransformerConfig(
        topology="encoder-only",
        layers=integer(given, "num_hidden_layers"),
        width=integer(given, "hidden_size"),
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_position_embeddings"),
        attention=MHA(heads=integer(given, "num_attention_heads"), qkv_bias=True, out_bias=True),
        position=Learned(),
        feed_forward=Dense(hidden=integer(given, "intermediate_size"), activation=activation, bias=True),
        norm=Norm(kind="LayerNorm", place="post", eps=given.get("layer_norm_eps", 1e-12)),
        embedding=Embedding(segments=integer(given, "type_vocab_size"), norm=True),
        head=Head(tied=True, bias=True, transform=activation),
    )


def entries(config: TransformerConfig) -> list[Entry]:
    """The table of names."""
    embeddings, head = "bert.embeddings.", "cls.predictions."
    table = [
        Entry("embedding.tokens", (embeddings + "word_embeddings.weight",)),
        Entry("embedding.segments", (embeddings + "token_type_embeddings.weight",)),
        Entry("encoder.position.table", (embeddings + "position_embeddings.weight",)),
        *pairs({"encoder.norm_embedding": embeddings + "LayerNorm"}, BOTH),
    ]
    if config.head.transform != "none":
        table.append(Entry("head.bias", (head + "bias",)))
        table += pairs({"head.dense": head + "transform.dense", "head.norm": head + "transform.LayerNorm"}, BOTH)
    for i in range(config.layers):
        ours, theirs = f"encoder.blocks.{i}", f"bert.encoder.layer.{i}"
        for kind in BOTH:
            qkv = tuple(f"{theirs}.attention.self.{name}.{kind}" for name in ("query", "key", "value"))
            table.append(Entry(f"{ours}.attention.qkv.{kind}", qkv, (config.width,) * 3))
        names = {
            "attention.out": "attention.output.dense",
            "norm_attention": "attention.output.LayerNorm",
            "feed_forward.up": "intermediate.dense",
            "feed_forward.down": "output.dense",
            "norm_feed_forward": "output.LayerNorm",
        }
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in names.items()}, BOTH)
    return table


def rename(name: str, prefix: str = "bert.") -> str:
    """Old files call a norm's weight and bias gamma and beta."""
    name = re.sub(r"LayerNorm\.gamma$", "LayerNorm.weight", re.sub(r"LayerNorm\.beta$", "LayerNorm.bias", name))
    return prefixed(name, prefix, "cls.")


BERT = Family(
    config,
    entries,
    rename,
    (
        Ignored(
            r"bert\.embeddings\.position_ids",
            "a counter, which is not trained",
            table=lambda config: torch.arange(config.context),
        ),
        Ignored(
            r"cls\.predictions\.decoder\.weight",
            "the same as the token embedding",
            same_as="bert.embeddings.word_embeddings.weight",
        ),
        Ignored(r"cls\.predictions\.decoder\.bias", "the same as the head's bias", same_as="cls.predictions.bias"),
        Ignored(
            r"bert\.pooler\.dense\.(weight|bias)",
            "reads the first token for next-sentence prediction, which is no part of this core",
        ),
        Ignored(r"cls\.seq_relationship\.(weight|bias)", "next-sentence prediction, which is no part of this core"),
    ),
)
