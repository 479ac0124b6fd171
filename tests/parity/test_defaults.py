"""What a config.json leaves out is what transformers fills in for its family."""

from typing import Any

import pytest
import torch
import transformers as hf

from models.cost import cost
from models.pretrained import FAMILIES

MODELS: dict[str, Any] = {
    "bert": hf.BertForMaskedLM,
    "gemma": hf.GemmaForCausalLM,
    "gemma2": hf.Gemma2ForCausalLM,
    "gemma3_text": hf.Gemma3ForCausalLM,
    "gpt2": hf.GPT2LMHeadModel,
    "gpt_neo": hf.GPTNeoForCausalLM,
    "gpt_neox": hf.GPTNeoXForCausalLM,
    "granite": hf.GraniteForCausalLM,
    "llama": hf.LlamaForCausalLM,
    "ministral": hf.MinistralForCausalLM,
    "mistral": hf.MistralForCausalLM,
    "olmo2": hf.Olmo2ForCausalLM,
    "qwen2": hf.Qwen2ForCausalLM,
    "qwen3": hf.Qwen3ForCausalLM,
    "roformer": hf.RoFormerForMaskedLM,
    "t5": hf.T5ForConditionalGeneration,
}
PROGRAMS = {"llama2c", "nanogpt"}
"""Whose defaults are those of a program, not of transformers."""
SAID: dict[str, dict[str, Any]] = {"ministral": {"head_dim": 128}}
"""Without which transformers does not build one."""
NOT_OURS = {"roformer": 1536 * 64}
"""The frozen table of sines and cosines that transformers counts."""


@pytest.mark.parametrize("kind", sorted(FAMILIES.keys() - MODELS.keys() - PROGRAMS))
def test_a_family_without_defaults_says_what_it_lacks(kind: str):
    with pytest.raises(ValueError, match=r"must be a positive whole number|valid dictionary"):
        FAMILIES[kind].config({"model_type": kind})


@pytest.mark.parametrize("kind", MODELS)
def test_an_empty_config_is_the_family_as_transformers_has_it(kind: str):
    with torch.device("meta"):
        theirs = MODELS[kind](MODELS[kind].config_class(**SAID.get(kind, {})))
    ours, stated = FAMILIES[kind].config({"model_type": kind} | SAID.get(kind, {})), theirs.config
    assert cost(ours).parameters == sum(p.numel() for p in theirs.parameters()) - NOT_OURS.get(kind, 0)
    eps = next(
        e for name in ("rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon") if (e := getattr(stated, name, None))
    )
    assert ours.norm.eps == eps
    assert ours.attention.query_heads() == stated.num_attention_heads
    assert ours.context == getattr(stated, "max_position_embeddings", 512)
    windows = [one.sees() for one in ours.attentions()["decoder" if ours.topology != "encoder-only" else "encoder"]]
    kinds = (
        getattr(stated, "layer_types", None) or getattr(stated, "attention_layers", None) or ["local"] * len(windows)
    )
    near = getattr(stated, "sliding_window", getattr(stated, "window_size", None))
    assert windows == [near if kind in ("sliding_attention", "local") else None for kind in kinds]
