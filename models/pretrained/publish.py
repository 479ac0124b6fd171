"""The config.json under which others know an architecture: the inverse of each family's `config`, checked by it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from models.architecture import TransformerConfig
from models.attention import GQA, MHA
from models.feedforward import Dense
from models.position import T5 as Buckets
from models.position import Learned, RoPE
from models.pretrained import gpt2, own, t5
from models.pretrained.checkpoint import alike, understood


def publish(config: TransformerConfig) -> dict[str, Any]:
    """The config.json of the published family that has exactly this architecture, which `transformers` loads; of this
    core's own where there is none.
    """
    attention, dense, name = config.attention, config.feed_forward, config.position.kind
    if name in KNOWN and isinstance(attention, MHA | GQA) and isinstance(dense, Dense):
        for candidate in KNOWN[name]:
            given = candidate(config, attention, dense)
            with suppress(ValueError):  # a setting that the family does not have
                if alike(config, understood(given)[-1]):
                    return given
    return own.settings(config)


def _gpt2(config: TransformerConfig, attention: MHA | GQA, dense: Dense) -> dict[str, Any]:
    return {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "n_embd": config.width,
        "n_layer": config.layers,
        "n_head": attention.heads,
        "n_inner": dense.hidden,
        "n_positions": config.context,
        "vocab_size": config.vocab,
        "activation_function": _spelled(gpt2.ACTIVATIONS, dense.activation),
        "layer_norm_epsilon": config.norm.eps,
        "scale_attn_weights": attention.scale is None,
        "tie_word_embeddings": config.head.tied,
    } | ENDS


def _llama(config: TransformerConfig, attention: MHA | GQA, dense: Dense) -> dict[str, Any]:
    base = config.position.base if isinstance(config.position, RoPE) else None
    given = {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        **_sizes(config, attention, dense),
        "num_key_value_heads": attention.key_value_heads(),
        "hidden_act": "silu",
        "rms_norm_eps": config.norm.eps,
        "rope_theta": base,  # as it was written until 2026
        "rope_parameters": {"rope_type": "default", "rope_theta": base},
        "tie_word_embeddings": config.head.tied,
    }
    return given | ({"head_dim": attention.head_dim} if attention.head_dim else {}) | ENDS


def _bert(config: TransformerConfig, attention: MHA | GQA, dense: Dense) -> dict[str, Any]:
    return {
        "model_type": "bert",
        "architectures": ["BertForMaskedLM"],
        **_sizes(config, attention, dense),
        "hidden_act": {"gelu-tanh": "gelu_new"}.get(dense.activation, dense.activation),
        "layer_norm_eps": config.norm.eps,
        "type_vocab_size": config.embedding.segments,
        "pad_token_id": None,
    }


def _t5(config: TransformerConfig, attention: MHA | GQA, dense: Dense) -> dict[str, Any]:
    buckets = config.position if isinstance(config.position, Buckets) else Buckets()
    kinds = {(a["activation"], a.get("gated", False)): name for name, a in t5.ACTIVATIONS.items()}
    return {
        "model_type": "t5",
        "architectures": ["T5ForConditionalGeneration"],
        "d_model": config.width,
        "d_kv": attention.channels(config.width),
        "d_ff": dense.hidden,
        "num_layers": config.encoder_layers,
        "num_decoder_layers": config.layers,
        "num_heads": attention.heads,
        "n_positions": config.context,
        "vocab_size": config.vocab,
        "relative_attention_num_buckets": buckets.buckets,
        "relative_attention_max_distance": buckets.furthest,
        "feed_forward_proj": kinds.get((dense.activation, dense.gated), "relu"),
        "layer_norm_epsilon": config.norm.eps,
        "tie_word_embeddings": config.head.tied,
        "scale_decoder_outputs": config.head.scaled,
    } | ENDS


def _sizes(config: TransformerConfig, attention: MHA | GQA, dense: Dense) -> dict[str, Any]:
    return {
        "hidden_size": config.width,
        "intermediate_size": dense.hidden,
        "num_hidden_layers": config.layers,
        "num_attention_heads": attention.heads,
        "max_position_embeddings": config.context,
        "vocab_size": config.vocab,
    }


def _spelled(names: dict[str, Any], ours: str) -> str:
    return next((theirs for theirs, mine in names.items() if mine == ours), ours)


ENDS = {"bos_token_id": None, "eos_token_id": None}
"""The families' own ids are beyond a small vocabulary."""
Candidate = Callable[[TransformerConfig, MHA | GQA, Dense], dict[str, Any]]
KNOWN: dict[str, tuple[Candidate, ...]] = {
    Learned.model_fields["kind"].default: (_gpt2, _bert),
    RoPE.model_fields["kind"].default: (_llama,),
    Buckets.model_fields["kind"].default: (_t5,),
}
"""By the kind of positions."""
