"""nanoGPT (Karpathy 2022): a GPT-2 whose matrices are stored as (outputs, inputs), with the exact GELU, with or without
biases.

Its checkpoints are pickles, which nobody should open: as safetensors, with `model_args` as config.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.architecture import TransformerConfig
from models.pretrained import gpt2
from models.pretrained.base import Entry, Family, refuse_unless

NAMES = {"block_size": "n_positions", "n_layer": "n_layer", "n_head": "n_head", "n_embd": "n_embd"}
"""Its names of sizes and GPT-2's."""


def config(given: Mapping[str, Any]) -> TransformerConfig:
    """GPTConfig -> ours. What is left out is as nanoGPT has it."""
    refuse_unless(given, "bias", True, False)
    sizes = {theirs: given[name] for name, theirs in NAMES.items() if name in given}
    like = gpt2.config({"vocab_size": given.get("vocab_size", 50_304), "activation_function": "gelu", **sizes})
    biased = given.get("bias", True)
    return like.but(
        attention=like.attention.but(qkv_bias=biased, out_bias=biased),
        feed_forward=like.feed_forward.but(bias=biased),
        norm=like.norm.but(bias=biased),
    )


def entries(config: TransformerConfig) -> list[Entry]:
    """GPT-2's table, nothing transposed, and without the biases that are not there."""
    table = [entry._replace(transposed=False) for entry in gpt2.entries(config)]
    return table if config.norm.bias else [entry for entry in table if not entry.ours.endswith(".bias")]


NANOGPT = Family(config, entries, gpt2.GPT2.rename, gpt2.GPT2.ignored)
