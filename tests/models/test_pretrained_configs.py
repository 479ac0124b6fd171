"""What a published config.json says, in our words: rotations, heads, windows, and the sum of the parameters."""

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


ROTARY = {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "max_position_embeddings": 4096}
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
