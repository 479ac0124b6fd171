"""What a published config.json says, in our words: rotations, heads, windows, and the sum of the parameters."""

import math

import pytest

from models.cost import cost
from models.pretrained import FAMILIES
from tests.models.checkpoints import PUBLISHED

SIZED = {name: value for name, value in PUBLISHED["llama"].items() if name != "model_type"}
GPT2, BERT, LLAMA = (PUBLISHED[name] for name in ("gpt2", "bert", "llama"))
NEOX, ROFORMER, T5 = (PUBLISHED[name] for name in ("gpt_neox", "roformer", "t5"))


def test_rope_turns_as_old_and_new_configs_say():
    config = FAMILIES["llama"].config
    assert config(LLAMA).position.base == 10_000
    assert config(LLAMA | {"rope_theta": 500.0, "rope_scaling": None}).position.base == 500
    assert config(LLAMA | {"rope_parameters": {"rope_type": "default", "rope_theta": 600.0}}).position.base == 600


def test_gpt_neox_turns_the_part_that_old_and_new_configs_say():
    config, old = FAMILIES["gpt_neox"].config, NEOX | {"hidden_size": 64}
    unsaid = {name: value for name, value in old.items() if name != "rotary_pct"}
    new = {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.5}
    stretched = {"rope_type": "linear", "factor": 2.0}
    found = [
        config(given).position
        for given in (
            old,
            unsaid,
            old | {"rotary_emb_base": 400},
            old | {"rope_parameters": new},
            old | {"rope_scaling": stretched},
        )
    ]
    assert [p.fraction for p in found] == [1.0, 0.25, 1.0, 0.5, 1.0]
    assert [p.base for p in found] == [10_000, 10_000, 400, 500, 10_000]
    assert [p.scaling.way for p in found] == ["none"] * 4 + ["linear"]


def test_gpt_neox_is_parallel_unless_it_says_otherwise():
    config = FAMILIES["gpt_neox"].config
    assert [config(NEOX | more).parallel for more in ({}, {"use_parallel_residual": False})] == [True, False]


def test_a_t5_says_whether_its_head_is_tied_and_scaled():
    config = FAMILIES["t5"].config
    heads = [
        config(T5 | more).head
        for more in ({}, {"tie_word_embeddings": False}, {"scale_decoder_outputs": False}, {"n_positions": 70})
    ]
    assert [(head.tied, head.scaled) for head in heads] == [(True, True), (False, False), (True, False), (True, True)]
    assert [config(T5 | more).context for more in ({}, {"n_positions": 70})] == [512, 70]


def test_a_mistral_sees_what_its_config_says():
    config, mistral = FAMILIES["mistral"].config, PUBLISHED["mistral"]
    unsaid = {name: value for name, value in mistral.items() if name != "sliding_window"}
    assert [config(c).attention.window for c in (mistral, unsaid, unsaid | {"sliding_window": None})] == [3, 4096, None]


def test_layers_see_what_their_kinds_say():
    both = SIZED | {"num_hidden_layers": 6}
    lists = {
        ("ministral", "LG"): {"layer_types": ["sliding_attention", "full_attention"] * 3},
        ("ministral", "L"): {},
        ("ministral", None): {"layer_types": ["full_attention"] * 6},
        ("ministral", "GLLLL"): {"layer_types": ["full_attention", *["sliding_attention"] * 4, "full_attention"]},
        ("qwen2", None): {},
        ("qwen2", "GGLLLL"): {"use_sliding_window": True, "max_window_layers": 2},
        ("qwen3", "L"): {"use_sliding_window": True, "max_window_layers": 0},
        ("qwen3", "GGGGGL"): {
            "layer_types": ["full_attention"] * 5 + ["sliding_attention"],
            "use_sliding_window": True,
        },
    }
    for (kind, pattern), more in lists.items():
        found = FAMILIES[kind].config(both | {"model_type": kind} | more).attention
        assert (found.pattern if found.window else None) == pattern, (kind, more)


def test_a_mixture_says_where_it_has_experts():
    config, qwen3 = FAMILIES["qwen3_moe"].config, PUBLISHED["qwen3_moe"] | {"num_hidden_layers": 6}
    found = [
        [layer for layer, part in enumerate(config(qwen3 | more).feed_forwards()["decoder"]) if part.kind == "MoE"]
        for more in ({}, {"decoder_sparse_step": 3}, {"mlp_only_layers": [0, 1]}, {"mlp_only_layers": [1, 3, 5]})
    ]
    assert found == [[0, 1, 2, 3, 4, 5], [2, 5], [2, 3, 4, 5], [0, 2, 4]]
    both = config(qwen3 | {"decoder_sparse_step": 2, "mlp_only_layers": [1]}).feed_forward
    assert (both.every, both.skip, both.which) == (2, 2, None)


def test_gates_are_renormalised_where_the_config_or_the_family_says_so():
    gates = {
        (name, said): FAMILIES[name].config(PUBLISHED[name] | more).feed_forward.router.renormalise
        for name in ("mixtral", "qwen3_moe", "olmoe")
        for said, more in (("nothing", {}), ("yes", {"norm_topk_prob": True}))
        if (name, said) != ("mixtral", "yes")
    }
    assert [key for key, found in gates.items() if not found] == [("qwen3_moe", "nothing"), ("olmoe", "nothing")]


def test_granite_has_the_multipliers_that_its_config_says_or_none():
    given = {"attention_multiplier": 0.25, "residual_multiplier": 0.5, "embedding_multiplier": 12, "logits_scaling": 8}
    for name in ("granite", "granitemoe"):
        plain = {key: value for key, value in PUBLISHED[name].items() if key not in given}
        found = [FAMILIES[name].config(plain | more) for more in ({}, given)]
        assert [c.attention.scale for c in found] == [1.0, 0.25]
        assert [c.residual for c in found] == [1.0, 0.5]
        assert [c.embedding.multiplier for c in found] == [1.0, 12.0]
        assert [c.head.divisor for c in found] == [1.0, 8.0]


def test_yarn_sharpens_whole_scores_of_latent_attention():
    config, yarn = FAMILIES["deepseek_v2"].config, {"type": "yarn", "factor": 40, "mscale": 0.707}
    scaling = config(PUBLISHED["deepseek_v2"] | {"rope_scaling": yarn | {"mscale_all_dim": 0.707}}).position.scaling
    assert (scaling.way, scaling.factor, scaling.trained) == ("YaRN", 40, 16)
    assert scaling.sharpness == pytest.approx(0.1 * 0.707 * math.log(40) + 1)


def test_a_switch_has_experts_in_one_of_every_n_layers():
    config, found = FAMILIES["switch_transformers"].config, {}
    for encoder, decoder, sparse in ((12, 12, 3), (12, 12, 6), (6, 6, 6), (5, 2, 1), (6, 6, 0)):
        counts = {"num_sparse_encoder_layers": sparse, "num_sparse_decoder_layers": sparse}
        given = PUBLISHED["switch"] | {"num_layers": encoder, "num_decoder_layers": decoder} | counts
        feeds = config(given).feed_forwards()
        found[encoder, decoder, sparse] = [
            [i for i, f in enumerate(part) if f.kind == "MoE"] for part in feeds.values()
        ]
    assert found == {
        (12, 12, 3): [[1, 5, 9]] * 2,
        (12, 12, 6): [[1, 3, 5, 7, 9, 11]] * 2,
        (6, 6, 6): [[0, 1, 2, 3, 4, 5]] * 2,
        (5, 2, 1): [[1], [1]],
        (6, 6, 0): [[1], [1]],
    }


@pytest.mark.parametrize("name", ["num_experts", "num_local_experts"])
def test_files_of_before_and_after_2026_say_how_many_experts(name: str):
    mixed = {key: value for key, value in PUBLISHED["qwen3_moe"].items() if key != "num_experts"}
    assert FAMILIES["qwen3_moe"].config(mixed | {name: 7}).feed_forward.experts == 7
    assert FAMILIES["qwen3_moe"].config(mixed).feed_forward.experts == 128


ROTARY = {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "max_position_embeddings": 4096}
DEEPSEEK = {"max_position_embeddings": 4096}
BASE = PUBLISHED["switch"] | {"d_model": 768, "d_kv": 64, "d_ff": 3072, "num_heads": 12, "vocab_size": 32_128}
BASE |= {"num_layers": 12, "num_decoder_layers": 12, "num_sparse_encoder_layers": 6, "num_sparse_decoder_layers": 6}
COUNTS: dict[str, tuple[dict, int]] = {  # what the published config.json says of sizes, and what is known of the sum
    "GPT-2": (
        GPT2 | {"n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "vocab_size": 50_257},
        124_439_808,
    ),
    "BERT": (
        BERT
        | {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
        | {"max_position_embeddings": 512, "vocab_size": 30_522},
        109_514_298,
    ),
    "LLaMA 2": (
        LLAMA | ROTARY | {"intermediate_size": 11_008, "vocab_size": 32_000, "num_key_value_heads": 32},
        6_738_415_616,
    ),
    "Mistral": (
        PUBLISHED["mistral"] | ROTARY | {"intermediate_size": 14_336, "vocab_size": 32_000, "num_key_value_heads": 8},
        7_241_732_096,
    ),
    "T5 small": (
        T5 | {"d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_heads": 8, "vocab_size": 32_128},
        60_506_624,
    ),
    "T5 v1.1 small": (
        PUBLISHED["t5, gated"]
        | {"d_model": 512, "d_kv": 64, "d_ff": 1024, "num_layers": 8, "num_decoder_layers": 8, "num_heads": 6}
        | {"vocab_size": 32_128},
        76_961_152,
    ),
    "Pythia 410M": (
        NEOX
        | {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
        | {"max_position_embeddings": 2048, "vocab_size": 50_304},
        405_334_016,
    ),
    "RoFormer": (  # 98,304 less than transformers counts: the table of sines and cosines
        ROFORMER
        | {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
        | {"max_position_embeddings": 1536, "vocab_size": 50_000},
        124_197_968 - 98_304,
    ),
    "Llama 3.2 1B": (
        LLAMA
        | {"hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "intermediate_size": 8192}
        | {"vocab_size": 128_256, "num_key_value_heads": 8, "tie_word_embeddings": True},
        1_235_814_400,
    ),
    "SmolLM2 135M": (
        LLAMA
        | {"hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9, "intermediate_size": 1536}
        | {"vocab_size": 49_152, "num_key_value_heads": 3, "tie_word_embeddings": True},
        134_515_008,
    ),
    "Gemma 2B": (
        PUBLISHED["gemma"]
        | {"hidden_size": 2048, "num_hidden_layers": 18, "num_attention_heads": 8, "intermediate_size": 16_384}
        | {"vocab_size": 256_000, "num_key_value_heads": 1, "head_dim": 256},
        2_506_172_416,
    ),
    "Gemma 7B": ({"model_type": "gemma"}, 8_537_680_896),
    "Mixtral 8x7B": (
        PUBLISHED["mixtral"]
        | ROTARY
        | {"intermediate_size": 14_336, "vocab_size": 32_000, "num_key_value_heads": 8, "num_local_experts": 8},
        46_702_792_704,
    ),
    "OLMoE 1B-7B": (
        PUBLISHED["olmoe"]
        | {"hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 16, "num_key_value_heads": 16}
        | {"intermediate_size": 1024, "vocab_size": 50_304, "num_experts": 64, "num_experts_per_tok": 8},
        6_919_161_856,
    ),
    "Qwen3 30B-A3B": (
        PUBLISHED["qwen3_moe"]
        | {"hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 32, "num_key_value_heads": 4}
        | {"head_dim": 128, "moe_intermediate_size": 768, "vocab_size": 151_936, "num_experts": 128}
        | {"num_experts_per_tok": 8, "intermediate_size": 6144},
        30_532_122_624,
    ),
    "DeepSeek-V2-Lite": (
        DEEPSEEK
        | {"model_type": "deepseek_v2", "hidden_size": 2048, "num_hidden_layers": 27, "num_attention_heads": 16}
        | {"intermediate_size": 10_944, "moe_intermediate_size": 1408, "vocab_size": 102_400, "q_lora_rank": None}
        | {"num_experts_per_tok": 6, "first_k_dense_replace": 1},
        15_706_484_224,
    ),
    "DeepSeek-V2": (
        DEEPSEEK
        | {"model_type": "deepseek_v2", "hidden_size": 5120, "num_hidden_layers": 60, "num_attention_heads": 128}
        | {"intermediate_size": 12_288, "moe_intermediate_size": 1536, "vocab_size": 102_400, "n_routed_experts": 160}
        | {"num_experts_per_tok": 6, "first_k_dense_replace": 1, "n_group": 8, "topk_group": 3}
        | {"topk_method": "group_limited_greedy", "routed_scaling_factor": 16.0},
        235_741_434_880,
    ),
    "DeepSeek-V3": (  # all but the sizes as it is where nothing is said
        DEEPSEEK
        | {"model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 128}
        | {"intermediate_size": 18_432, "vocab_size": 129_280},
        671_026_404_352,
    ),
    "Granite 3.0 1B-A400M": (
        PUBLISHED["granitemoe"]
        | {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 8}
        | {"intermediate_size": 512, "vocab_size": 49_155, "num_local_experts": 32, "num_experts_per_tok": 8}
        | {"tie_word_embeddings": True},
        1_334_628_352,
    ),
    **{
        f"Switch base {experts}": (BASE | {"num_experts": experts}, parameters)
        for experts, parameters in ((8, 619_339_008), (64, 3_790_748_928), (256, 14_664_154_368))
    },
    "Switch large 128": (
        BASE
        | {"d_model": 1024, "d_ff": 4096, "num_layers": 24, "num_decoder_layers": 24, "num_heads": 16}
        | {"num_experts": 128, "num_sparse_encoder_layers": 12, "num_sparse_decoder_layers": 12},
        26_309_291_008,
    ),
    "Qwen3": (
        PUBLISHED["qwen3"]
        | {"hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "intermediate_size": 3072}
        | {"vocab_size": 151_936, "num_key_value_heads": 8, "head_dim": 128, "tie_word_embeddings": True},
        596_049_920,
    ),
}


@pytest.mark.parametrize(("published", "parameters"), COUNTS.values(), ids=COUNTS.keys())
def test_a_published_config_makes_as_many_parameters(published: dict, parameters: int):
    assert cost(FAMILIES[published["model_type"]].config(published)).parameters == parameters
