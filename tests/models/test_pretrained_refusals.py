"""A checkpoint that is not wholly a model of ours is refused with a sentence: its config, then each of its tensors."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models.pretrained import load
from tests.models.checkpoints import CONFIG, PUBLISHED, short, tensors, write, write_shards

GPT2, BERT, LLAMA, MISTRAL, QWEN3 = (PUBLISHED[name] for name in ("gpt2", "bert", "llama", "mistral", "qwen3"))
Change = Callable[[dict[str, Tensor]], Any]
WTE, NORM = "transformer.wte.weight", "model.norm.weight"
TENSORS: dict[str, tuple[dict, Change, str]] = {
    "missing": (LLAMA, lambda t: t.pop(NORM), "The checkpoint lacks model.norm.weight."),
    "many missing": (
        BERT,
        lambda t: t.clear(),
        "bert.embeddings.position_embeddings.weight, cls.predictions.bias and 3",
    ),
    "surplus": (GPT2, lambda t: t.update({"h.2.ln_1.bias": torch.ones(8)}), "does not have: h.2.ln_1.bias."),
    "an almost ignored name": (
        GPT2,
        lambda t: t.update({"h.0.attn.bias.old": torch.ones(1)}),
        "does not have: h.0.attn",
    ),
    "another shape": (
        LLAMA,
        lambda t: t.update({NORM: torch.ones(9)}),
        "is (9,) in model.safetensors, and config.json",
    ),
    "not transposed": (
        GPT2,
        lambda t: t.update({"transformer.h.0.mlp.c_fc.weight": torch.ones(32, 8)}),
        "transformer.h.0.mlp.c_fc.weight is (32, 8) in model.safetensors, and config.json makes it (8, 32).",
    ),
    "whole numbers": (
        LLAMA,
        lambda t: t.update({NORM: torch.ones(8).to(torch.int8)}),
        "is stored as I8, and this core",
    ),
    "twice": (GPT2, lambda t: t.update({"wte.weight": t[WTE].clone()}), "holds one tensor twice: "),
    "a head tied in words": (GPT2, lambda t: t.update({"lm_head.weight": t[WTE] + 1}), f"differs from {WTE}, and"),
    "a head of another type": (
        GPT2,
        lambda t: t.update({"lm_head.weight": t[WTE].double()}),
        f"differs from {WTE}, and",
    ),
    "a head of another shape": (
        GPT2,
        lambda t: t.update({"lm_head.weight": torch.ones(8, 11)}),
        "lm_head.weight is (8, 11)",
    ),
    "no head": (
        LLAMA,
        lambda t: t.pop("lm_head.weight"),
        "is a model without its head, and this core makes logits: it la",
    ),
    "BERT without a head": (
        BERT,
        lambda t: [t.pop(n) for n in list(t) if "cls" in n],
        "is a model without its head, and",
    ),
}


@pytest.mark.parametrize(("published", "change", "said"), TENSORS.values(), ids=TENSORS.keys())
def test_tensors_that_are_not_the_models_are_refused(published: dict, change: Change, said: str, tmp_path: Path):
    stored = tensors(published)
    change(stored)
    with pytest.raises(ValueError, match=r"\.$") as caught:
        load(write(tmp_path, published, stored))
    assert said in str(caught.value)


def test_a_bare_bert_is_refused_for_its_head(tmp_path: Path):
    bare = {short(name): t for name, t in tensors(BERT).items() if not name.startswith("cls.")}
    with pytest.raises(ValueError, match=r"without its head.*ForMaskedLM"):
        load(write(tmp_path, BERT, bare))


def test_a_tensor_in_two_shards_is_refused(tmp_path: Path):
    stored = tensors(LLAMA)
    with pytest.raises(
        ValueError, match=r"twice: model.norm.weight in model-00001-of-00002.safetensors and model.norm"
    ):
        load(write_shards(tmp_path, LLAMA, [stored, {NORM: stored[NORM]}]))


LLAMA3 = {"rope_type": "llama3", "factor": 8.0}
CONFIGS: dict[str, tuple[dict, dict[str, Any], str]] = {
    "an unknown family": (
        GPT2,
        {"model_type": "mamba"},
        "'mamba', and this core loads bert, gpt2, llama, mistral, qwen3.",
    ),
    "no family": (GPT2, {"model_type": None}, "model_type is None, and"),
    "a list of families": (GPT2, {"model_type": ["gpt2"]}, "model_type is ['gpt2'], and"),
    "a size that is missing": (GPT2, {"n_embd": None}, "n_embd must be a positive whole number, got None."),
    "a size in words": (LLAMA, {"hidden_size": "8"}, "hidden_size must be a positive whole number, got '8'."),
    "a size that is true": (LLAMA, {"vocab_size": True}, "vocab_size must be a positive whole number, got True."),
    "no segments": (BERT, {"type_vocab_size": 0}, "type_vocab_size must be a positive whole number, got 0."),
    "a size out of bounds": (LLAMA, {"num_hidden_layers": 10**9}, "Layers lies between 1 and 256; got 1000000000."),
    "heads that do not fit": (GPT2, {"n_head": 3}, "3 heads do not divide width 8 evenly"),
    "an epsilon in words": (BERT, {"layer_norm_eps": "small"}, "got 'small'."),
    "GPT-2's activation": (GPT2, {"activation_function": "silu"}, "is 'silu', and this core can express 'gelu_new' or"),
    "GPT-2's scale": (
        GPT2,
        {"scale_attn_by_inverse_layer_idx": True},
        "is True, and this core can express False only.",
    ),
    "GPT-2 with a source": (GPT2, {"add_cross_attention": True}, "add_cross_attention is True"),
    "BERT's activation": (BERT, {"hidden_act": "relu"}, "hidden_act is 'relu'"),
    "BERT's positions": (
        BERT,
        {"position_embedding_type": "relative_key"},
        "position_embedding_type is 'relative_key'",
    ),
    "BERT as a decoder": (BERT, {"is_decoder": True}, "is_decoder is True"),
    "BERT with a source": (BERT, {"add_cross_attention": True}, "add_cross_attention is True"),
    "BERT untied": (BERT, {"tie_word_embeddings": False}, "tie_word_embeddings is False"),
    "LLaMA's activation": (LLAMA, {"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
    "LLaMA's biases": (LLAMA, {"attention_bias": True}, "attention_bias is True"),
    "LLaMA's inner biases": (LLAMA, {"mlp_bias": True}, "mlp_bias is True"),
    "another scaling": (
        LLAMA,
        {"rope_parameters": {"rope_type": "longrope"}},
        "are scaled ('longrope'), and this core",
    ),
    "a scaling of old": (LLAMA, {"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "are scaled ('dynamic'), and"),
    "half a scaling": (LLAMA, {"rope_parameters": LLAMA3}, "RoPE scaled by llama3 needs low_freq_factor."),
    "an odd factor": (LLAMA, {"rope_scaling": {"type": "linear", "factor": 0.5}}, "Stretch factor lies between 1 and"),
    "YaRN with two scales": (
        LLAMA,
        {"rope_scaling": {"type": "yarn", "factor": 2.0, "mscale": 0.7}},
        "know: 'mscale'.",
    ),
    "a part of RoPE": (LLAMA, {"rope_parameters": {"partial_rotary_factor": 0.5}}, "know: 'partial_rotary_factor'."),
    "RoPE in words": (LLAMA, {"rope_scaling": "linear"}, "rope_scaling must be an object, got 'linear'."),
    "RoPE without a base": (LLAMA, {"rope_theta": None}, "got None."),
    "Mistral's key heads": (MISTRAL, {"num_key_value_heads": None}, "num_key_value_heads must be a positive whole"),
    "Qwen3's head": (QWEN3, {"head_dim": None}, "head_dim must be a positive whole number"),
    "Qwen3's epsilon": (QWEN3, {"rms_norm_eps": 1e-5}, "rms_norm_eps is 1e-05, and this core can express 1e-06 only."),
    "Qwen3's window": (QWEN3, {"use_sliding_window": True}, "use_sliding_window is True"),
    "Qwen3's layers": (QWEN3, {"layer_types": ["full_attention", "sliding_attention"]}, "layer_types mixes kinds"),
    "Qwen3's layers in words": (QWEN3, {"layer_types": 7}, "layer_types mixes kinds"),
}


@pytest.mark.parametrize(("published", "change", "said"), CONFIGS.values(), ids=CONFIGS.keys())
def test_configs_that_are_not_ours_are_refused(published: dict, change: dict, said: str, tmp_path: Path):
    write(tmp_path, published)
    with pytest.raises(ValueError, match=r"^config\.json: .*\.$") as caught:
        load(write(tmp_path, published | change, tensors(published)))
    assert said in str(caught.value)


ODD = (None, True, 0, 10**30, "x", [[]], {"rope_type": []})
OPTIONS = ("head_dim", "layer_types", "n_inner", "rms_norm_eps", "rope_parameters", "rope_scaling", "rope_theta")
OPTIONS += ("activation_function", "hidden_act", "scale_attn_weights", "sliding_window", "tie_word_embeddings")


@pytest.mark.parametrize("published", [GPT2, BERT, MISTRAL, QWEN3], ids=lambda published: published["model_type"])
def test_whatever_a_config_says_the_answer_is_a_model_or_a_sentence(published: dict, tmp_path: Path):
    write(tmp_path, published)
    refusals = 0
    for name in (*published, *OPTIONS):
        for odd in ODD:
            (tmp_path / CONFIG).write_text(json.dumps(published | {name: odd}))
            try:
                load(tmp_path)
            except ValueError:
                refusals += 1
    assert refusals > len(published) * len(ODD) / 2
