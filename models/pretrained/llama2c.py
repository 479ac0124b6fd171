"""llama2.c (Karpathy 2023) and Meta's own names: a LLaMA whose rotations turn neighbouring channels.

Its checkpoints are pickles, which nobody should open: as safetensors, with `model_args` as config.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from models.architecture import TransformerConfig
from models.embedding import Head
from models.feedforward import Dense
from models.norm import Norm
from models.position import RoPE
from models.pretrained.base import Entry, Family, Ignored, integer, pairs
from models.pretrained.llama import grouped
from models.pretrained.rotary import frequencies

DEFAULTS = {"dim": 4096, "n_layers": 32, "n_heads": 32, "vocab_size": 32_000, "multiple_of": 256, "max_seq_len": 2048}
"""What ModelArgs has where a key is left out."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """ModelArgs -> ours. The inner width is stated, or two thirds of four times the width, rounded up."""
    given = {**DEFAULTS, **given}
    width, heads, step = integer(given, "dim"), integer(given, "n_heads"), integer(given, "multiple_of")
    return TransformerConfig(
        layers=integer(given, "n_layers"),
        width=width,
        vocab=integer(given, "vocab_size"),
        context=integer(given, "max_seq_len"),
        attention=grouped(heads, integer(given, "n_kv_heads", heads)),
        position=RoPE(pairing="interleaved", base=given.get("rope_theta", 10_000.0)),
        feed_forward=Dense(
            hidden=integer(given, "hidden_dim", step * -(-(8 * width // 3) // step)), activation="silu", gated=True
        ),
        norm=Norm(eps=given.get("norm_eps", 1e-5)),
        head=Head(tied=given.get("tie_word_embeddings", True)),
    )


def entries(config: TransformerConfig) -> list[Entry]:
    """The table of names."""
    attention, dense = config.attention, config.feed_forward
    assert isinstance(dense, Dense)
    c, h, g = attention.channels(config.width), attention.query_heads(), attention.key_value_heads()
    table = [Entry("embedding.tokens", ("tok_embeddings.weight",)), *pairs({"decoder.norm_final": "norm"})]
    table += [] if config.head.tied else pairs({"head": "output"})
    for i in range(config.layers):
        ours, theirs = f"decoder.blocks.{i}", f"layers.{i}"
        qkv = tuple(f"{theirs}.attention.w{letter}.weight" for letter in "qkv")
        table.append(Entry(f"{ours}.attention.qkv.weight", qkv, (h * c, g * c, g * c)))
        up = tuple(f"{theirs}.feed_forward.w{n}.weight" for n in (1, 3))
        table.append(Entry(f"{ours}.feed_forward.up.weight", up, (dense.hidden, dense.hidden)))
        names = {
            "attention.out": "attention.wo",
            "feed_forward.down": "feed_forward.w2",
            "norm_attention": "attention_norm",
            "norm_feed_forward": "ffn_norm",
        }
        table += pairs({f"{ours}.{mine}": f"{theirs}.{its}" for mine, its in names.items()})
    return table


def _turns(config: TransformerConfig) -> Tensor:
    """(context, r/2) angles of each position."""
    return torch.arange(config.context).double()[:, None] * frequencies(config)


LLAMA2C = Family(
    config,
    entries,
    lambda name: name,
    (
        Ignored(r"output\.weight", "the same as the token embedding", same_as="tok_embeddings.weight"),
        Ignored(r"freqs_cos", "RoPE's cosines, which follow from the config", table=lambda c: _turns(c).cos()),
        Ignored(r"freqs_sin", "RoPE's sines, which follow from the config", table=lambda c: _turns(c).sin()),
        Ignored(r"rope\.freqs", "RoPE's frequencies, which follow from the config", table=frequencies),
    ),
)
