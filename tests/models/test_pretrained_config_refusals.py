"""A config.json that says what this core cannot express is refused with a sentence, whatever it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.pretrained import FAMILIES, load
from tests.models.checkpoints import CONFIG, PUBLISHED, tensors, write

GPT2, BERT, LLAMA, MISTRAL, QWEN3 = (PUBLISHED[name] for name in ("gpt2", "bert", "llama", "mistral", "qwen3"))
GEMMA3, GPT_NEO = PUBLISHED["gemma3_text"], PUBLISHED["gpt_neo"]
MINISTRAL, QWEN2 = PUBLISHED["ministral"], PUBLISHED["qwen2"]
NEOX, ROFORMER, T5, GATED = (PUBLISHED[name] for name in ("gpt_neox", "roformer", "t5", "t5, gated"))
LLAMA3 = {"rope_type": "llama3", "factor": 8.0}
CONFIGS: dict[str, tuple[dict, dict[str, Any], str]] = {
    "an unknown family": (
        GPT2,
        {"model_type": "mamba"},
        f"'mamba', and this core loads {', '.join(FAMILIES)}.",
    ),
    "no family": (GPT2, {"model_type": None}, "model_type is None, and"),
    "a list of families": (GPT2, {"model_type": ["gpt2"]}, "model_type is ['gpt2'], and"),
    "a size that is missing": (GPT2, {"n_embd": None}, "n_embd must be a positive whole number, got None."),
    "a size in words": (LLAMA, {"hidden_size": "8"}, "hidden_size must be a positive whole number, got '8'."),
    "a size that is true": (LLAMA, {"vocab_size": True}, "vocab_size must be a positive whole number, got True."),
    "no segments": (BERT, {"type_vocab_size": 0}, "type_vocab_size must be a positive whole number, got 0."),
    "a size out of bounds": (
        LLAMA,
        {"num_hidden_layers": 10**9},
        "num_hidden_layers lies between 1 and 256; got 1000000000.",
    ),
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
    "a part of RoPE": (LLAMA, {"rope_parameters": {"partial_rotary_factor": 0.5}}, "partial_rotary_factor is 0.5, and"),
    "RoPE in words": (LLAMA, {"rope_scaling": "linear"}, "rope_scaling must be an object, got 'linear'."),
    "RoPE without a base": (LLAMA, {"rope_theta": None}, "got None."),
    "GPT-NeoX without biases": (NEOX, {"attention_bias": False}, "attention_bias is False"),
    "GPT-NeoX's activation": (NEOX, {"hidden_act": "relu"}, "hidden_act is 'relu'"),
    "GPT-NeoX's part": (NEOX, {"rotary_pct": 0.25}, "0.25 of head dimension 2 is 0 channels"),
    "RoFormer's values turned": (ROFORMER, {"rotary_value": True}, "rotary_value is True"),
    "RoFormer's narrow embeddings": (
        ROFORMER,
        {"embedding_size": 4},
        "embedding_size is 4, and this core can express 8",
    ),
    "RoFormer's odd heads": (ROFORMER, {"num_attention_heads": 8}, "Head dimension 1 is odd"),
    "T5's activation": (T5, {"feed_forward_proj": "gated-silu"}, "feed_forward_proj is 'gated-silu'"),
    "T5's buckets": (T5, {"relative_attention_num_buckets": 6}, "should be a multiple of 4; got 6."),
    "T5 scaled and untied": (GATED, {"scale_decoder_outputs": True}, "Scaling by 1/√width belongs to a tied head."),
    "Mistral's layers": (
        MISTRAL,
        {"layer_types": ["sliding_attention", "full_attention"]},
        "layer_types is ['sliding_attention', 'full_attention'",
    ),
    "Ministral's layers": (
        MINISTRAL,
        {"layer_types": ["full_attention", "chunked"]},
        "a layer is of kind 'chunked', and",
    ),
    "Ministral's third layer": (
        MINISTRAL,
        {"layer_types": ["full_attention"] * 3},
        "list the kinds of 2 layers, got [",
    ),
    "GPT-Neo's layers": (GPT_NEO, {"attention_types": [[["global", "local"], 2]]}, "must list the kinds of 2 layers"),
    "GPT-Neo's many layers": (
        GPT_NEO,
        {"num_layers": 10**9, "attention_types": [[["global"], 10**9]]},
        "1 and 256; got",
    ),
    "Gemma's activation": (GEMMA3, {"hidden_activation": "gelu"}, "hidden_activation is 'gelu', and"),
    "Gemma from both sides": (GEMMA3, {"use_bidirectional_attention": True}, "use_bidirectional_attention is True"),
    "Gemma's local angles": (
        GEMMA3,
        {"rope_parameters": {"sliding_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4}}},
        "the angles of local layers are scaled",
    ),
    "llama2.c's key heads": (PUBLISHED["llama2c"], {"n_kv_heads": 3}, "3 key/value heads cannot share 4 query heads"),
    "nanoGPT's biases": (PUBLISHED["nanogpt"], {"bias": "some"}, "bias is 'some', and"),
    "Qwen3's head": (QWEN3, {"head_dim": None}, "head_dim must be a positive whole number"),
    "Qwen3's epsilon": (QWEN3, {"rms_norm_eps": 1.0}, "qk_eps: input should be less than or equal to 0.01"),
    "Qwen3's layers in words": (QWEN3, {"layer_types": 7}, "layer_types must list the kinds of 2 layers, got 7."),
    "Qwen2's first layers": (QWEN2, {"max_window_layers": -1}, "max_window_layers must be a whole number from 0 up"),
}


@pytest.mark.parametrize(("published", "change", "said"), CONFIGS.values(), ids=CONFIGS.keys())
def test_configs_that_are_not_ours_are_refused(published: dict, change: dict, said: str, tmp_path: Path):
    write(tmp_path, published)
    with pytest.raises(ValueError, match=r"^config\.json: .*\.$") as caught:
        load(write(tmp_path, published | change, tensors(published)))
    assert said in str(caught.value)


QWEN3_MOE, V2, V3 = (PUBLISHED[name] for name in ("qwen3_moe", "deepseek_v2", "deepseek_v3"))
SWITCH = PUBLISHED["switch"]
UNEVEN = {"type": "yarn", "factor": 4.0, "mscale": 1.0, "mscale_all_dim": 0.7}
MIXTURES: dict[str, tuple[dict, dict[str, Any], str]] = {
    "quantised": (QWEN3_MOE, {"quantization_config": {"quant_method": "fp8"}}, "Take a checkpoint in bfloat16."),
    "clipped": (PUBLISHED["olmoe"], {"clip_qkv": 8.0}, "clip_qkv is 8.0, and this core can express None only."),
    "one renormalised expert": (PUBLISHED["mixtral"], {"num_experts_per_tok": 1}, "a renormalised gate is always 1"),
    "more experts than there are": (QWEN3_MOE, {"num_experts_per_tok": 4}, "A token cannot go to 4 of 3 experts."),
    "dense layers at the end": (QWEN3_MOE, {"num_hidden_layers": 5, "mlp_only_layers": [3]}, "follow no pattern"),
    "no mixture": (QWEN3_MOE, {"mlp_only_layers": [0, 1]}, "follow no pattern"),
    "dense layers in words": (QWEN3_MOE, {"mlp_only_layers": "first"}, "must be a list of layers, got 'first'."),
    "sharper where it turns": (V2, {"rope_scaling": UNEVEN}, "mscale is not mscale_all_dim"),
    "sharper in words": (V3, {"rope_scaling": UNEVEN | {"mscale": "x", "mscale_all_dim": "x"}}, "must be numbers"),
    "V2 renormalised": (V2, {"norm_topk_prob": True}, "norm_topk_prob is True"),
    "V2 by sigmoids": (V2, {"scoring_func": "sigmoid"}, "scoring_func is 'sigmoid'"),
    "V3 by a softmax": (V3, {"scoring_func": "softmax"}, "scoring_func is 'softmax'"),
    "V3 not renormalised": (V3, {"norm_topk_prob": False}, "norm_topk_prob is False"),
    "V3 without its bias": (V3, {"topk_method": "greedy"}, "topk_method is 'greedy'"),
    "experts here and there": (V2, {"moe_layer_freq": 2}, "moe_layer_freq is 2"),
    "groups that do not fit": (V3, {"n_group": 3}, "4 experts cannot be split into 3 equal groups."),
    "no layer left": (V3, {"first_k_dense_replace": 2}, "no layer is left for the experts"),
    "Switch by another activation": (SWITCH, {"dense_act_fn": "gelu"}, "dense_act_fn is 'gelu'"),
    "Switch with a router's bias": (SWITCH, {"router_bias": True}, "router_bias is True"),
    "a rounded router": (SWITCH, {"router_dtype": "bfloat16"}, "router_dtype is 'bfloat16'"),
    "stacks that differ": (
        SWITCH,
        {"num_layers": 6, "num_decoder_layers": 6, "num_sparse_encoder_layers": 3},
        "follow",
    ),
    "more sparse layers than there are": (SWITCH, {"num_sparse_encoder_layers": 3}, "is 3, of 2 layers."),
    "sparse layers in words": (SWITCH, {"num_sparse_decoder_layers": "all"}, "is 'all', of 2 layers."),
    "no experts": (QWEN3_MOE, {"num_experts": 0}, "num_experts must be a positive whole number, got 0."),
}


@pytest.mark.parametrize(("published", "change", "said"), MIXTURES.values(), ids=MIXTURES.keys())
def test_mixtures_that_are_not_ours_are_refused(published: dict, change: dict, said: str, tmp_path: Path):
    test_configs_that_are_not_ours_are_refused(published, change, said, tmp_path)


ODD = (None, True, 0, 10**30, "x", [[]], {"rope_type": []})
OPTIONS = ("head_dim", "layer_types", "n_inner", "rms_norm_eps", "rope_parameters", "rope_scaling", "rope_theta")
OPTIONS += ("embedding_size", "feed_forward_proj", "num_decoder_layers", "rotary_emb_base", "rotary_pct")
OPTIONS += ("attention_types", "final_logit_softcapping", "query_pre_attn_scalar", "sliding_window_pattern")
OPTIONS += ("activation_function", "hidden_act", "scale_attn_weights", "sliding_window", "tie_word_embeddings")


@pytest.mark.parametrize(
    "published",
    [GPT2, BERT, MINISTRAL, QWEN3, QWEN3_MOE, V3, SWITCH, GEMMA3, GPT_NEO, NEOX, ROFORMER, T5],
    ids=lambda published: published["model_type"],
)
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
