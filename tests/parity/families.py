"""Tiny random models of published families beside ours with the same weights."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers as hf
from torch import Tensor, nn

from models import PRESETS, Transformer, TransformerConfig
from models.attention import MHA
from models.embedding import Embedding
from models.feedforward import Dense
from models.position import Sinusoidal
from models.pretrained import FAMILIES, load
from tests.parity import copied

VOCAB, CONTEXT, WIDTH, HIDDEN, LAYERS = 37, 40, 24, 52, 3
SIZE: dict[str, Any] = {"layers": LAYERS, "width": WIDTH, "vocab": VOCAB, "context": CONTEXT}
COMMON: dict[str, Any] = {"vocab_size": VOCAB, "attn_implementation": "eager", "bos_token_id": 0, "eos_token_id": 0}
ENCODER: dict[str, Any] = COMMON | {
    "hidden_size": WIDTH,
    "intermediate_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
}
GPT2: dict[str, Any] = COMMON | {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": 4, "n_positions": CONTEXT}
ROPE: dict[str, Any] = {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}}
GROUPED: dict[str, Any] = ENCODER | ROPE | {"num_attention_heads": 6, "num_key_value_heads": 2, "rms_norm_eps": 1e-3}
MIXED: dict[str, Any] = {
    "sliding_window": 4,
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
}
QWEN3: dict[str, Any] = GROUPED | {"head_dim": 10, "rms_norm_eps": 1e-6}
TIED: dict[str, Any] = {"tie_word_embeddings": True}
LLAMA3: dict[str, Any] = {"factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
PARTLY: dict[str, Any] = {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.25}
NEOX: dict[str, Any] = ENCODER | {"num_attention_heads": 3, "rope_parameters": PARTLY, "layer_norm_eps": 1e-3}
NEO: dict[str, Any] = COMMON | {"hidden_size": WIDTH, "num_layers": LAYERS, "num_heads": 4, "window_size": 4}
NEO |= {"max_position_embeddings": CONTEXT, "intermediate_size": HIDDEN}
GEMMA: dict[str, Any] = GROUPED | {"head_dim": 10, "rms_norm_eps": 1e-3, "pad_token_id": None}
GEMMA2: dict[str, Any] = GEMMA | {"sliding_window": 4, "query_pre_attn_scalar": 7, "attn_logit_softcapping": 2.0}
GEMMA3: dict[str, Any] = GEMMA2 | {
    "attn_logit_softcapping": None,
    "sliding_window_pattern": 2,
    "rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 20.0},
    },
}
TRAINED: dict[str, Any] = {"rope_theta": 20.0, "original_max_position_embeddings": 16}
MULTIPLIED: dict[str, Any] = {"embedding_multiplier": 3.0, "attention_multiplier": 0.3}
MULTIPLIED |= {"residual_multiplier": 0.6, "logits_scaling": 1.5}

Renamed = Callable[[Mapping[str, Tensor]], dict[str, Tensor]]


class Family(NamedTuple):
    """A published model, and what makes ours of it: our model, and the mapping of its tensors or their gradients."""

    theirs: Callable[[], Any]
    ours: Callable[[Any, Path], tuple[Transformer, Renamed]]


class Pair(NamedTuple):
    theirs: Any
    ours: Any
    renamed: Renamed


def pair(family: Family, folder: Path) -> Pair:
    """Their model with all values drawn anew (norms of 1 and biases of 0 would hide mistakes), ours with the same."""
    theirs, generator = family.theirs().eval(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in (
            p for p in theirs.parameters() if p.requires_grad
        ):  # RoFormer and DistilBERT keep sinusoids among them
            if p.ndim == 1:
                p += 0.3 * torch.randn(p.shape, generator=generator)
            else:
                p.normal_(0.0, p.shape[-1] ** -0.5, generator=generator)
            p.copy_(p.bfloat16())  # as files are stored; 1 + w is then exact
    return Pair(theirs, *family.ours(theirs, folder))


def loaded(theirs: Any, folder: Path) -> tuple[Transformer, Renamed]:
    """Ours by way of the files that theirs writes."""
    theirs.save_pretrained(folder)
    checkpoint = load(folder)
    family = FAMILIES[checkpoint.family]
    entries = family.entries(checkpoint.config)

    def renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        known = {family.rename(name): tensor for name, tensor in tensors.items()}
        stored = [entry.stored(known) for entry in entries]
        # of gradients: what a weight has more changes none
        return {e.ours: e._replace(plus=0.0).join(known) for e in stored if e.theirs and known.keys() >= {*e.theirs}}

    return checkpoint.model, renamed


def _copied(config: TransformerConfig, renamed: Renamed) -> Callable[[Any, Path], tuple[Transformer, Renamed]]:
    """Ours by a mapping of tests/parity/copied.py."""

    def ours(theirs: Any, folder: Path) -> tuple[Transformer, Renamed]:
        model = Transformer(config)
        model.load_state_dict(renamed(theirs.state_dict()))
        return model, renamed

    return ours


def published(model: Callable[[Any], Any], config: Callable[..., Any], settings: dict[str, Any]) -> Family:
    return Family(lambda: model(config(**settings)), loaded)


_gpt2 = partial(published, hf.GPT2LMHeadModel, hf.GPT2Config)
_llama = partial(published, hf.LlamaForCausalLM, hf.LlamaConfig)
_mistral = partial(published, hf.MistralForCausalLM, hf.MistralConfig)
_ministral = partial(published, hf.MinistralForCausalLM, hf.MinistralConfig)
_qwen2 = partial(published, hf.Qwen2ForCausalLM, hf.Qwen2Config)
_qwen3 = partial(published, hf.Qwen3ForCausalLM, hf.Qwen3Config)
_bert = partial(published, hf.BertForMaskedLM, hf.BertConfig)
_roformer = partial(published, hf.RoFormerForMaskedLM, hf.RoFormerConfig)
_neox = partial(published, hf.GPTNeoXForCausalLM, hf.GPTNeoXConfig)
_olmo2 = partial(published, hf.Olmo2ForCausalLM, hf.Olmo2Config)
_neo = partial(published, hf.GPTNeoForCausalLM, hf.GPTNeoConfig)
_gemma = partial(published, hf.GemmaForCausalLM, hf.GemmaConfig)
_gemma2 = partial(published, hf.Gemma2ForCausalLM, hf.Gemma2Config)
_gemma3 = partial(published, hf.Gemma3ForCausalLM, hf.Gemma3TextConfig)


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


def _sinusoidal() -> nn.Module:
    """DistilBERT with the paper's table of sines and cosines, which it keeps among its weights."""
    sizes: dict[str, Any] = {"dim": WIDTH, "hidden_dim": HIDDEN, "n_layers": LAYERS, "n_heads": 4}
    config = hf.DistilBertConfig(**COMMON, **sizes, max_position_embeddings=CONTEXT, sinusoidal_pos_embds=True)
    model = hf.DistilBertForMaskedLM(config)
    model.distilbert.embeddings.position_embeddings.requires_grad_(False)  # as its file says, and 5.23 forgets
    return model


SINUSOIDAL = PRESETS["bert-mini"].but(
    **SIZE,
    attention=MHA(heads=4, qkv_bias=True, out_bias=True),
    position=Sinusoidal(),
    feed_forward=Dense(hidden=HIDDEN, activation="gelu", bias=True),
    embedding=Embedding(norm=True),
)


DECODERS: dict[str, Family] = {  # an epsilon that is not the usual one leaves its mark
    "GPT-2": _gpt2(GPT2 | {"n_inner": HIDDEN, "layer_norm_epsilon": 1e-3}),
    "GPT-2, untied": _gpt2(GPT2 | {"tie_word_embeddings": False, "scale_attn_weights": False}),
    "LLaMA": _llama(GROUPED),
    "LLaMA, tied": _llama(GROUPED | TIED | {"head_dim": 6}),
    "LLaMA, a key head each": _llama(GROUPED | {"num_key_value_heads": 6}),
    "LLaMA 3.1": _llama(GROUPED | {"rope_parameters": LLAMA3 | TRAINED | {"rope_type": "llama3"}, "head_dim": 12}),
    "LLaMA, YaRN": _llama(
        GROUPED | {"rope_parameters": TRAINED | {"rope_type": "yarn", "factor": 40.0, "beta_fast": 4.0}, "head_dim": 12}
    ),
    "LLaMA, interpolated": _llama(
        GROUPED | {"rope_parameters": {"rope_theta": 20.0, "rope_type": "linear", "factor": 2.5}}
    ),
    "LLaMA, biases": _llama(GROUPED | {"attention_bias": True, "mlp_bias": True}),
    "SmolLM": _llama(GROUPED | TIED | {"num_key_value_heads": 3, "rms_norm_eps": 1e-5}),
    "Mistral": _mistral(GROUPED | {"sliding_window": 4}),
    "Mistral, no window": _mistral(GROUPED | {"sliding_window": None, "head_dim": 6}),
    "Ministral": _ministral(GROUPED | MIXED | {"head_dim": 6}),
    "Qwen2": _qwen2(GROUPED),
    "Qwen2, tied": _qwen2(GROUPED | TIED | {"num_key_value_heads": 6}),
    "Qwen2, a window from layer 1 on": _qwen2(
        GROUPED | {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}
    ),
    "Qwen3": _qwen3(QWEN3),
    "Qwen3, tied": _qwen3(QWEN3 | TIED | {"rms_norm_eps": 1e-2, "attention_bias": True}),
    "Qwen3, windows": _qwen3(QWEN3 | MIXED | {"use_sliding_window": True}),
    "OLMo 2": _olmo2(GROUPED),
    "OLMo 2, tied": _olmo2(GROUPED | TIED | {"attention_bias": True, "num_key_value_heads": 6}),
    "Gemma": _gemma(GEMMA),
    "Gemma, a key head each": _gemma(GEMMA | {"num_key_value_heads": 6, "attention_bias": True}),
    "Gemma 2": _gemma2(GEMMA2 | {"final_logit_softcapping": 1.0}),
    "Gemma 2, no caps": _gemma2(GEMMA2 | {"attn_logit_softcapping": None, "final_logit_softcapping": None}),
    "Gemma 3": _gemma3(GEMMA3),
    "Gemma 3, local layers alone": _gemma3(GEMMA3 | {"sliding_window_pattern": 6, "tie_word_embeddings": False}),
    "GPT-Neo": _neo(NEO | {"attention_types": [[["global", "local"], 1], [["local"], 1]]}),
    "GPT-Neo, local layers alone": _neo(NEO | {"attention_types": [[["local"], LAYERS]], "layer_norm_epsilon": 1e-3}),
    "Granite": published(hf.GraniteForCausalLM, hf.GraniteConfig, GROUPED | MULTIPLIED),
    "GPT-NeoX": _neox(NEOX),
    "GPT-NeoX, one after the other": _neox(NEOX | {"use_parallel_residual": False}),
}
BERTS: dict[str, Family] = {
    "BERT": _bert(ENCODER | {"layer_norm_eps": 1e-3}),
    "BERT, tanh": _bert(ENCODER | {"hidden_act": "gelu_new"}),
    "RoFormer": _roformer(ENCODER | {"layer_norm_eps": 1e-3}),
    "DistilBERT, sinusoidal": Family(_sinusoidal, _copied(SINUSOIDAL, copied.distilbert)),
}
T5S: dict[str, Family] = {
    "T5 v1.0": Family(partial(_t5, False), loaded),
    "T5 v1.1": Family(partial(_t5, True), loaded),
}
EVERY = DECODERS | BERTS | T5S
LOADED: dict[str, Family] = {name: family for name, family in EVERY.items() if family.ours is loaded}
