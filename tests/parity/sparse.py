"""Tiny random mixtures of published families, as `families` has the dense ones."""

from functools import partial
from typing import Any

import torch
import transformers as hf

from tests.parity.families import COMMON, ENCODER, GROUPED, HIDDEN, MULTIPLIED, ROPE, TIED, WIDTH, Family, published

CHOSEN: dict[str, Any] = {"num_experts_per_tok": 2, "experts_implementation": "eager"}
MIXTRAL: dict[str, Any] = GROUPED | CHOSEN | {"num_local_experts": 5, "intermediate_size": 20}
OLMOE: dict[str, Any] = GROUPED | CHOSEN | {"num_experts": 5, "intermediate_size": 20}
QWEN3: dict[str, Any] = GROUPED | CHOSEN | {"head_dim": 10, "num_experts": 6, "num_experts_per_tok": 3}
QWEN3 |= {"intermediate_size": HIDDEN, "moe_intermediate_size": 16, "norm_topk_prob": True}
SHARED: dict[str, Any] = {"n_routed_experts": 8, "n_shared_experts": 2, "first_k_dense_replace": 1}
LATENT: dict[str, Any] = ENCODER | CHOSEN | SHARED | {"moe_intermediate_size": 16, "rms_norm_eps": 1e-3}
LATENT |= {"num_attention_heads": 3, "num_key_value_heads": 3, "qk_nope_head_dim": 6, "qk_rope_head_dim": 4}
LATENT |= {"v_head_dim": 5, "kv_lora_rank": 8, "q_lora_rank": None, "routed_scaling_factor": 1.5} | ROPE
GROUPS: dict[str, Any] = {"n_group": 4, "topk_group": 2, "num_experts_per_tok": 3}
YARN: dict[str, Any] = {"rope_type": "yarn", "rope_theta": 50.0, "factor": 4.0, "beta_fast": 4.0, "beta_slow": 0.5}
YARN |= {"original_max_position_embeddings": 10, "mscale": 0.707, "mscale_all_dim": 0.707}


def _biased(config: hf.DeepseekV3Config) -> Any:
    """A DeepSeek-V3 whose selecting bias, which is no parameter, is drawn too."""
    model, generator = hf.DeepseekV3ForCausalLM(config), torch.Generator().manual_seed(1)
    for name, buffer in model.named_buffers():
        if name.endswith("e_score_correction_bias"):
            buffer.normal_(0.0, 0.2, generator=generator)
    return model


_deepseek_v2 = partial(published, hf.DeepseekV2ForCausalLM, hf.DeepseekV2Config)
_deepseek_v3 = partial(published, _biased, hf.DeepseekV3Config)
GRANITE: dict[str, Any] = GROUPED | MULTIPLIED | CHOSEN | {"num_local_experts": 5, "intermediate_size": 20}
_granite = partial(published, hf.GraniteMoeForCausalLM, hf.GraniteMoeConfig)
_mixtral = partial(published, hf.MixtralForCausalLM, hf.MixtralConfig)
_qwen3 = partial(published, hf.Qwen3MoeForCausalLM, hf.Qwen3MoeConfig)
_olmoe = partial(published, hf.OlmoeForCausalLM, hf.OlmoeConfig)

SPARSE: dict[str, Family] = {
    "Mixtral": _mixtral(MIXTRAL),
    "Mixtral, a window, one head each": _mixtral(MIXTRAL | {"sliding_window": 4, "num_key_value_heads": 6}),
    "Qwen3-MoE": _qwen3(QWEN3),
    "Qwen3-MoE, tied, plain gates": _qwen3(QWEN3 | TIED | {"norm_topk_prob": False}),
    "Qwen3-MoE, every second": _qwen3(QWEN3 | {"decoder_sparse_step": 2}),
    "Qwen3-MoE, two dense layers": _qwen3(QWEN3 | {"mlp_only_layers": [0, 1]}),
    "DeepSeek-V2": _deepseek_v2(LATENT),
    "DeepSeek-V2, in groups, YaRN, short queries": _deepseek_v2(
        LATENT | GROUPS | {"topk_method": "group_limited_greedy", "q_lora_rank": 7, "rope_parameters": YARN}
    ),
    "DeepSeek-V3": _deepseek_v3(LATENT | GROUPS | {"q_lora_rank": 7}),
    "DeepSeek-V3, one group, YaRN, all sparse": _deepseek_v3(
        LATENT | {"n_group": 1, "topk_group": 1, "first_k_dense_replace": 0, "rope_parameters": YARN}
    ),
    "DeepSeek-V3, half-split": _deepseek_v3(LATENT | GROUPS | {"rope_interleave": False} | TIED),
    "Granite-MoE": _granite(GRANITE),
    "Granite-MoE, tied, no multipliers": _granite(GROUPED | CHOSEN | TIED | {"intermediate_size": 20}),
    "OLMoE": _olmoe(OLMOE),
    "OLMoE, renormalised, a key head each": _olmoe(OLMOE | {"norm_topk_prob": True, "num_key_value_heads": 6}),
}


def _switch(**some: Any) -> Family:
    """Six seats of each expert in a sequence are too few for some of 19 tokens; every second layer has experts."""
    sizes: dict[str, Any] = {"d_model": WIDTH, "d_kv": 5, "d_ff": HIDDEN, "num_heads": 4, "num_experts": 3}
    depths = {"num_layers": 4, "num_decoder_layers": 2, "num_sparse_encoder_layers": 2, "num_sparse_decoder_layers": 1}
    few = {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 20, "expert_capacity": 6}
    settings = COMMON | sizes | depths | few | some
    return published(hf.SwitchTransformersForConditionalGeneration, hf.SwitchTransformersConfig, settings)


SWITCHES: dict[str, Family] = {
    "Switch": _switch(),
    "Switch, seats for all": _switch(expert_capacity=64),
    "Switch, experts in the second of three": _switch(
        num_layers=6, num_decoder_layers=3, num_sparse_encoder_layers=2, num_sparse_decoder_layers=1
    ),
    "Switch, all sparse": _switch(num_sparse_encoder_layers=4, num_sparse_decoder_layers=2),
}
