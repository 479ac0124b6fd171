"""The published mixtures: all of their parameters, and those that one token meets."""

from typing import Any

import pytest
import torch
import transformers as hf

from models import PUBLISHED, Transformer
from models.cost import cost
from tests.models.test_published import sizes

ACTIVE = {  # in billions, with both embedding tables
    "mixtral-8x7b": 12.880,
    "deepseekmoe-16b": 2.829,
    "deepseek-v2-lite": 2.661,
    "deepseek-v3": 37.552,
    "olmoe-1b-7b": 1.282,
    "qwen3-30b-a3b": 3.353,
}


@pytest.mark.parametrize("name", ACTIVE)
def test_a_mixture_multiplies_each_token_with_few_of_its_parameters(name):
    config = PUBLISHED[name]
    stated, moe = cost(config), config.feed_forward
    assert stated.active_parameters / 1e9 == pytest.approx(ACTIVE[name], abs=5e-4)
    idle = moe.experts - moe.router.k
    mixtures = config.layers - moe.skip
    assert stated.parameters - stated.active_parameters == mixtures * idle * 3 * config.width * moe.hidden
    multiplied = stated.active_parameters - config.vocab * config.width - stated.parts["norms"]
    norms = {"full": 2 * config.width, "head": 2 * 128}.get(getattr(config.attention, "qk_norm", "none"), 0)
    norms = {"deepseek-v2-lite": 512, "deepseek-v3": 512 + 1536}.get(name, norms)
    wide = 128 + 64 + 128 if config.attention.kind == "MLA" else 2 * 128
    looks = 2 * config.layers * config.context * config.attention.query_heads() * wide
    assert stated.flops_per_token == 2 * (multiplied - config.layers * norms) + looks


@pytest.mark.parametrize("name", ACTIVE)
def test_a_mixture_built_without_memory_has_the_parameters_that_were_counted(name):
    with torch.device("meta"):
        ours = Transformer(PUBLISHED[name])
    assert sum(p.numel() for p in ours.parameters()) == cost(PUBLISHED[name]).parameters


MIXTURES: dict[str, tuple[tuple[Any, Any], dict[str, Any]]] = {
    "switch-base-8": (
        (hf.SwitchTransformersForConditionalGeneration, hf.SwitchTransformersConfig),
        {"d_ff": 3072, "num_sparse_encoder_layers": 6, "num_sparse_decoder_layers": 6, "vocab_size": 32_128},
    ),
    "mixtral-8x7b": (
        (hf.MixtralForCausalLM, hf.MixtralConfig),
        sizes(32, 4096, 14_336, 32, 32_000, 32_768, num_key_value_heads=8),
    ),
    "deepseek-v2-lite": (
        (hf.DeepseekV2ForCausalLM, hf.DeepseekV2Config),
        sizes(
            27,
            2048,
            10_944,
            16,
            102_400,
            4096,
            num_key_value_heads=16,
            q_lora_rank=None,
            moe_intermediate_size=1408,
            n_routed_experts=64,
            n_shared_experts=2,
            first_k_dense_replace=1,
        ),
    ),
    "deepseek-v3": ((hf.DeepseekV3ForCausalLM, hf.DeepseekV3Config), {}),  # the published sizes are their defaults
    "olmoe-1b-7b": ((hf.OlmoeForCausalLM, hf.OlmoeConfig), sizes(16, 2048, 1024, 16, 50_304, 4096)),
    "qwen3-30b-a3b": (
        (hf.Qwen3MoeForCausalLM, hf.Qwen3MoeConfig),
        sizes(
            48,
            2048,
            6144,
            32,
            151_936,
            32_768,
            num_key_value_heads=4,
            head_dim=128,
            moe_intermediate_size=768,
            num_experts=128,
        ),
    ),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_transformers_counts_the_same_parameters_of_a_mixture(name):
    (theirs, their_config), size = MIXTURES[name]
    with torch.device("meta"):
        model = theirs(their_config(**size))
    assert sum(p.numel() for p in model.parameters()) == cost(PUBLISHED[name]).parameters


def test_a_switch_multiplies_each_token_as_t5_does_and_with_its_routers():
    """Two stacks, six mixtures in each, of which a token meets one expert."""
    switch, t5 = (cost(PUBLISHED[name]) for name in ("switch-base-8", "t5-base"))
    routers = 12 * 768 * 8
    assert switch.active_parameters == t5.parameters + routers
    assert switch.flops_per_token == t5.flops_per_token + 2 * routers
    assert switch.parameters - switch.active_parameters == 12 * 7 * 2 * 768 * 3072
    assert switch.cross_cache_elements_per_source_token == t5.cross_cache_elements_per_source_token


def test_every_published_mixture_is_counted_here():
    assert {*ACTIVE, "switch-base-8"} == {
        name for name, config in PUBLISHED.items() if config.feed_forward.kind == "MoE"
    }
