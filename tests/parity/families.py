"""Tiny random models of published families beside ours with the same weights."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
import transformers as hf
from torch import Tensor, nn

from models import PRESETS, Transformer, TransformerConfig
from models.attention import GQA, MHA
from models.feedforward import Dense
from models.norm import Norm
from models.position import T5, RoPE
from tests.parity import copied

VOCAB, CONTEXT, WIDTH, HIDDEN, LAYERS = 37, 40, 24, 52, 3
SIZE: dict[str, Any] = {"layers": LAYERS, "width": WIDTH, "vocab": VOCAB, "context": CONTEXT}
COMMON: dict[str, Any] = {"vocab_size": VOCAB, "attn_implementation": "eager"}
ROTARY: dict[str, Any] = COMMON | {
    "hidden_size": WIDTH,
    "intermediate_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 6,
    "max_position_embeddings": CONTEXT,
}
LLAMA = PRESETS["llama-mini"].but(**SIZE, feed_forward=Dense(hidden=HIDDEN, activation="silu", gated=True))
NEOX_BIASES = MHA(heads=3, qkv_bias=True, out_bias=True)


class Family(NamedTuple):
    """A published model, ours of the same shape, and the mapping of tensors."""

    theirs: Callable[[], nn.Module]
    config: TransformerConfig
    renamed: Callable[[dict[str, Tensor]], dict[str, Tensor]]


def _gpt2() -> nn.Module:
    sizes: dict[str, Any] = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": 4, "n_inner": HIDDEN, "n_positions": CONTEXT}
    return hf.GPT2LMHeadModel(hf.GPT2Config(**COMMON, **sizes))


def _llama(tied: bool) -> nn.Module:
    extra: dict[str, Any] = {"num_key_value_heads": 2, "rms_norm_eps": 1e-5, "tie_word_embeddings": tied}
    return hf.LlamaForCausalLM(hf.LlamaConfig(**ROTARY, **extra))


def _qwen3() -> nn.Module:
    extra: dict[str, Any] = {
        "num_key_value_heads": 2,
        "head_dim": 10,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
    }
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": 500.0}
    return hf.Qwen3ForCausalLM(hf.Qwen3Config(**ROTARY, **extra, rope_parameters=rope))


def _neox() -> nn.Module:
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": 10_000.0, "partial_rotary_factor": 0.25}
    sizes: dict[str, Any] = ROTARY | {"num_attention_heads": 3}
    return hf.GPTNeoXForCausalLM(hf.GPTNeoXConfig(**sizes, rope_parameters=rope))


def _t5(gated: bool) -> nn.Module:
    sizes: dict[str, Any] = {
        "d_model": WIDTH,
        "d_kv": 5,
        "d_ff": HIDDEN,
        "num_layers": 2,
        "num_decoder_layers": LAYERS,
        "num_heads": 4,
    }
    kind: dict[str, Any] = {"feed_forward_proj": "gated-gelu" if gated else "relu", "tie_word_embeddings": not gated}
    few: dict[str, Any] = {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 20}
    config = hf.T5Config(**COMMON, **sizes, **kind, **few)
    config.tie_word_embeddings = not gated  # which its own constructor forgets
    model = hf.T5ForConditionalGeneration(config)
    model.set_input_embeddings(model.shared)  # both stacks read one table, in v1.1 too
    return model


def _t5_config(gated: bool) -> TransformerConfig:
    config = PRESETS["t5-mini"].but(
        **SIZE,
        encoder_layers=2,
        attention=MHA(heads=4, head_dim=5, scaled=False),
        position=T5(buckets=8, furthest=20),
        feed_forward=Dense(hidden=HIDDEN, activation="gelu-tanh" if gated else "relu", gated=gated),
    )
    return config.but(head={}) if gated else config


def _bert() -> nn.Module:
    sizes: dict[str, Any] = ROTARY | {"num_attention_heads": 4}
    return hf.BertForMaskedLM(hf.BertConfig(**sizes))


def _biased(preset: str) -> TransformerConfig:
    heads, dense = MHA(heads=4, qkv_bias=True, out_bias=True), PRESETS[preset].feed_forward.but(hidden=HIDDEN)
    return PRESETS[preset].but(**SIZE, attention=heads, feed_forward=dense)


T5_DEPTHS = {"encoder": 2, "decoder": LAYERS}
DECODERS: dict[str, Family] = {
    "GPT-2": Family(_gpt2, _biased("gpt2-mini"), partial(copied.gpt2, layers=LAYERS)),
    "LLaMA": Family(
        partial(_llama, False), LLAMA.but(attention=GQA(heads=6, kv_heads=2)), partial(copied.llama, layers=LAYERS)
    ),
    "LLaMA, tied": Family(
        partial(_llama, True), LLAMA.but(head={"tied": True}), partial(copied.llama, layers=LAYERS, tied=True)
    ),
    "Qwen3": Family(
        _qwen3,
        LLAMA.but(
            attention=GQA(heads=6, kv_heads=2, head_dim=10, qk_norm="head"),
            norm=Norm(eps=1e-6),
            position=RoPE(base=500.0),
        ),
        partial(copied.llama, layers=LAYERS, normed=True),
    ),
    "GPT-NeoX": Family(
        _neox,
        TransformerConfig(
            **SIZE,
            attention=NEOX_BIASES,
            position=RoPE(fraction=0.25),
            feed_forward=Dense(hidden=HIDDEN, activation="gelu", bias=True),
            norm=Norm(kind="LayerNorm", eps=1e-5),
            parallel=True,
        ),
        partial(copied.neox, layers=LAYERS, heads=3),
    ),
}
BERT = Family(_bert, _biased("bert-mini"), partial(copied.bert, layers=LAYERS))
T5S: dict[str, Family] = {
    "T5 v1.0": Family(partial(_t5, False), _t5_config(False), partial(copied.t5, layers=T5_DEPTHS, gated=False)),
    "T5 v1.1": Family(partial(_t5, True), _t5_config(True), partial(copied.t5, layers=T5_DEPTHS, gated=True)),
}


def pair(family: Family) -> tuple[Any, Any]:
    """Their model with all values drawn anew (norms of 1 and biases of 0 would hide mistakes), ours with the same."""
    theirs, generator = family.theirs().eval(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in theirs.parameters():
            if p.ndim == 1:
                p += 0.3 * torch.randn(p.shape, generator=generator)
            else:
                p.normal_(0.0, p.shape[-1] ** -0.5, generator=generator)
    ours = Transformer(family.config)
    ours.load_state_dict(family.renamed(dict(theirs.state_dict())))
    return theirs, ours
