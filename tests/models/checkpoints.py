"""Tiny published checkpoints, written as others write them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models import Transformer
from models.pretrained import FAMILIES
from models.pretrained.base import theirs

SIZES: dict[str, Any] = {
    "hidden_size": 8,
    "intermediate_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 16,
    "vocab_size": 11,
}
T5_SIZES: dict[str, Any] = {
    "model_type": "t5",
    "d_model": 8,
    "d_kv": 3,
    "d_ff": 12,
    "num_layers": 2,
    "num_heads": 4,
    "vocab_size": 11,
}
NANOGPT = {"model_type": "nanogpt", "n_embd": 8, "n_layer": 2, "n_head": 2, "block_size": 16, "vocab_size": 11}
MIXED: dict[str, Any] = SIZES | {"num_key_value_heads": 2, "num_experts_per_tok": 2}
LATENT: dict[str, Any] = SIZES | {"qk_nope_head_dim": 4, "qk_rope_head_dim": 2, "v_head_dim": 3, "kv_lora_rank": 5}
LATENT |= {"first_k_dense_replace": 1, "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 5}
SWITCH: dict[str, Any] = {"model_type": "switch_transformers", "num_experts": 3, "num_decoder_layers": 2}
SWITCH |= {"num_sparse_encoder_layers": 1, "num_sparse_decoder_layers": 1, "expert_capacity": 2}
PUBLISHED: dict[str, dict[str, Any]] = {
    "gpt2": {"model_type": "gpt2", "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 16, "vocab_size": 11},
    "bert": SIZES | {"model_type": "bert", "type_vocab_size": 2},
    "llama": SIZES | {"model_type": "llama", "num_key_value_heads": 2},
    "llama, tied": SIZES | {"model_type": "llama", "tie_word_embeddings": True},
    "mistral": SIZES | {"model_type": "mistral", "num_key_value_heads": 2, "sliding_window": 3},
    "llama, biases": SIZES | {"model_type": "llama", "attention_bias": True, "mlp_bias": True},
    "ministral": SIZES
    | {"model_type": "ministral", "num_key_value_heads": 2, "sliding_window": 3}
    | {"layer_types": ["full_attention", "sliding_attention"]},
    "qwen2": SIZES | {"model_type": "qwen2", "num_key_value_heads": 2},
    "qwen3": SIZES | {"model_type": "qwen3", "num_key_value_heads": 2, "head_dim": 6},
    "nanogpt": NANOGPT,
    "nanogpt, no biases": NANOGPT | {"bias": False},
    "llama2c": {"model_type": "llama2c", "dim": 8, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2, "vocab_size": 11}
    | {"multiple_of": 4, "max_seq_len": 16},
    "olmo2": SIZES | {"model_type": "olmo2", "num_key_value_heads": 2},
    "gemma": SIZES | {"model_type": "gemma", "num_key_value_heads": 2, "head_dim": 6},
    "gemma2": SIZES | {"model_type": "gemma2", "num_key_value_heads": 2, "head_dim": 6, "sliding_window": 3},
    "gemma3_text": SIZES
    | {"model_type": "gemma3_text", "num_key_value_heads": 2, "head_dim": 6}
    | {"sliding_window": 3, "sliding_window_pattern": 2},
    "gpt_neo": {"model_type": "gpt_neo", "hidden_size": 8, "num_layers": 2, "num_heads": 4, "vocab_size": 11}
    | {"max_position_embeddings": 16, "window_size": 3, "attention_types": [[["global", "local"], 1]]},
    "mixtral": MIXED | {"model_type": "mixtral", "num_local_experts": 3},
    "qwen3_moe": MIXED | {"model_type": "qwen3_moe", "num_experts": 3, "moe_intermediate_size": 5},
    "qwen3_moe, partly dense": MIXED
    | {"model_type": "qwen3_moe", "num_experts": 3, "moe_intermediate_size": 5, "decoder_sparse_step": 2},
    "deepseek_v2": LATENT | {"model_type": "deepseek_v2", "q_lora_rank": None, "n_shared_experts": 1},
    "deepseek_v3": LATENT | {"model_type": "deepseek_v3", "q_lora_rank": 3, "n_group": 2, "topk_group": 1},
    "switch": T5_SIZES | SWITCH,
    "switch, one of three": T5_SIZES | SWITCH | {"num_layers": 5, "num_decoder_layers": 3},
    "granite": SIZES | {"model_type": "granite", "residual_multiplier": 0.5, "logits_scaling": 8.0},
    "granitemoe": MIXED | {"model_type": "granitemoe", "num_local_experts": 3, "embedding_multiplier": 12},
    "olmoe": MIXED | {"model_type": "olmoe", "num_experts": 3},
    "gpt_neox": SIZES | {"model_type": "gpt_neox", "rotary_pct": 1.0},
    "gpt_neox, tied": SIZES | {"model_type": "gpt_neox", "rotary_pct": 1.0, "tie_word_embeddings": True},
    "roformer": SIZES | {"model_type": "roformer", "type_vocab_size": 2},
    "t5": T5_SIZES,
    "t5, gated": T5_SIZES | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_decoder_layers": 3},
}
CONFIG, WHOLE, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"


def tensors(published: dict[str, Any]) -> dict[str, Tensor]:
    """All that a file of this config holds, every value drawn, norms and biases too."""
    family, generator = FAMILIES[published["model_type"]], torch.Generator().manual_seed(0)
    config = family.config(published)
    state = Transformer(config).state_dict()
    drawn = [entry.ours for entry in family.entries(config) if entry.theirs]  # the others have no place in a file
    state |= {name: torch.randn(state[name].shape, generator=generator).bfloat16().float() for name in drawn}
    return theirs(family, config, state)  # rounded, so that 1 + w is exact


def write(folder: Path, published: Any, stored: dict[str, Tensor] | None = None) -> Path:
    """A checkpoint of one file."""
    (folder / CONFIG).write_text(json.dumps(published))
    save_file(tensors(published) if stored is None else stored, folder / WHOLE)
    return folder


def write_shards(folder: Path, published: dict[str, Any], parts: list[dict[str, Tensor]]) -> Path:
    """A checkpoint of several files and their index."""
    (folder / CONFIG).write_text(json.dumps(published))
    names = [f"model-{i + 1:05}-of-{len(parts):05}.safetensors" for i in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        save_file(part, folder / name)
    places = {tensor: name for name, part in zip(names, parts, strict=True) for tensor in part}
    (folder / INDEX).write_text(json.dumps({"weight_map": places}))
    return folder


def write_header(folder: Path, header: Any, size: int = 0) -> Path:
    """A file of this header, and of that many bytes of values, which take no room on the disk."""
    text = json.dumps(header).encode()
    with (folder / WHOLE).open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + size)
    return folder


def short(name: str) -> str:
    """The name as an old file, or one of the stack alone, spells it."""
    for prefix in ("transformer.", "model.", "bert.", "roformer.", "gpt_neox."):
        name = name.removeprefix(prefix)
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def same(left: Path, right: Path, ignored: Iterable[str] = ()) -> bool:
    """Whether two folders hold the same tensors, bit by bit; the left one may hold some that were ignored, too."""
    ours, others = load_file(left / WHOLE), load_file(right / WHOLE)
    ours = {name: tensor for name, tensor in ours.items() if name not in ignored}
    return ours.keys() == others.keys() and all(torch.equal(ours[name], others[name]) for name in ours)
