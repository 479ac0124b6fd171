"""The published models cost what was published, and what the library that publishes them counts of its own."""

from typing import Any

import pytest
import torch
import transformers as hf
from torch.utils.flop_counter import FlopCounterMode

from models import PUBLISHED, Transformer
from models.cost import Cost, cost
from models.published import SOURCES
from tests.models.test_cost import full

STATED = {  # parameters, cached numbers per token
    "gpt2": (124_439_808, 18_432),
    "gpt2-medium": (354_823_168, 49_152),
    "gpt2-large": (774_030_080, 92_160),
    "gpt2-xl": (1_557_611_200, 153_600),
    "bert-base": (109_482_240, 0),
    "bert-base-mlm": (109_514_298, 0),
    "bert-large": (335_141_888, 0),
    "bert-large-mlm": (335_174_458, 0),
    "t5-small": (60_506_624, 6_144),
    "t5-base": (222_903_552, 18_432),
    "pythia-410m": (405_334_016, 49_152),
    "llama-2-7b": (6_738_415_616, 262_144),
    "llama-3-8b": (8_030_261_248, 65_536),
    "llama-3.2-1b": (1_235_814_400, 16_384),
    "tinyllama": (1_100_048_384, 11_264),
    "mistral-7b": (7_241_732_096, 65_536),
    "qwen3-0.6b": (596_049_920, 57_344),
    "switch-base-8": (619_339_008, 18_432),
    "mixtral-8x7b": (46_702_792_704, 65_536),
    "deepseekmoe-16b": (16_375_728_128, 114_688),
    "deepseek-v2-lite": (15_706_484_224, 15_552),
    "deepseek-v3": (671_026_404_352, 35_136),
    "olmoe-1b-7b": (6_919_161_856, 65_536),
    "qwen3-30b-a3b": (30_532_122_624, 49_152),
}
DENSE = [name for name, config in PUBLISHED.items() if config.feed_forward.kind == "dense"]


def sizes(layers: int, width: int, hidden: int, heads: int, vocab: int, context: int, **more: Any) -> dict[str, Any]:
    """Their names for what most families share."""
    return {
        "num_hidden_layers": layers,
        "hidden_size": width,
        "intermediate_size": hidden,
        "num_attention_heads": heads,
        "vocab_size": vocab,
        "max_position_embeddings": context,
        **more,
    }


GPT2 = (hf.GPT2LMHeadModel, hf.GPT2Config)
BERT, BERT_LM = (hf.BertModel, hf.BertConfig), (hf.BertForMaskedLM, hf.BertConfig)
LLAMA, MISTRAL = (hf.LlamaForCausalLM, hf.LlamaConfig), (hf.MistralForCausalLM, hf.MistralConfig)
T5, NEOX = (hf.T5ForConditionalGeneration, hf.T5Config), (hf.GPTNeoXForCausalLM, hf.GPTNeoXConfig)
QWEN3 = (hf.Qwen3ForCausalLM, hf.Qwen3Config)
THEIRS: dict[str, tuple[tuple[Any, Any], dict[str, Any]]] = {
    "gpt2": (GPT2, {}),  # the published sizes are their defaults
    "gpt2-medium": (GPT2, {"n_layer": 24, "n_embd": 1024, "n_head": 16}),
    "gpt2-large": (GPT2, {"n_layer": 36, "n_embd": 1280, "n_head": 20}),
    "gpt2-xl": (GPT2, {"n_layer": 48, "n_embd": 1600, "n_head": 25}),
    "bert-base": (BERT, {}),
    "bert-base-mlm": (BERT_LM, {}),
    "bert-large": (BERT, sizes(24, 1024, 4096, 16, 30_522, 512)),
    "bert-large-mlm": (BERT_LM, sizes(24, 1024, 4096, 16, 30_522, 512)),
    "t5-small": (T5, {"d_ff": 2048, "vocab_size": 32_128}),
    "t5-base": (T5, {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12, "vocab_size": 32_128}),
    "pythia-410m": (NEOX, sizes(24, 1024, 4096, 16, 50_304, 2048)),
    "llama-2-7b": (LLAMA, sizes(32, 4096, 11_008, 32, 32_000, 4096)),
    "llama-3-8b": (LLAMA, sizes(32, 4096, 14_336, 32, 128_256, 8192, num_key_value_heads=8)),
    "llama-3.2-1b": (
        LLAMA,
        sizes(16, 2048, 8192, 32, 128_256, 131_072, num_key_value_heads=8, tie_word_embeddings=True),
    ),
    "tinyllama": (LLAMA, sizes(22, 2048, 5632, 32, 32_000, 2048, num_key_value_heads=4)),
    "mistral-7b": (MISTRAL, sizes(32, 4096, 14_336, 32, 32_000, 8192, num_key_value_heads=8, sliding_window=None)),
    "qwen3-0.6b": (
        QWEN3,
        sizes(28, 1024, 3072, 16, 151_936, 32_768, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True),
    ),
}


def unwindowed(name: str) -> Cost:
    """Torch counts the products of masked keys, too."""
    config = PUBLISHED[name]
    return cost(config.but(attention=config.attention.model_dump() | {"window": None}))


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_model_counts_what_was_published(name):
    stated = cost(PUBLISHED[name])
    assert (stated.parameters, stated.kv_cache_elements_per_token) == STATED[name]


def test_a_model_without_logits_is_not_built():
    with pytest.raises(ValueError, match="BertEncoder is known for its cost alone"):
        Transformer(PUBLISHED["bert-base"])


@pytest.mark.parametrize("name", [name for name in DENSE if PUBLISHED[name].builds])
def test_built_without_memory_it_has_the_parameters_and_products_that_were_counted(name):
    config = PUBLISHED[name]
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        model = Transformer(config)
        model(**full(config), record=True)
    assert cost(config).parameters == sum(p.numel() for p in model.parameters())
    assert unwindowed(name).flops_per_token * config.context == counter.get_total_flops()


@pytest.mark.parametrize("name", DENSE)
def test_transformers_counts_the_same_parameters_products_and_cache(name):
    (theirs, their_config), size = THEIRS[name]
    stated, context = unwindowed(name), PUBLISHED[name].context
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        model = theirs(their_config(**size, attn_implementation="eager")).eval()
        ids = torch.zeros(1, context, dtype=torch.long)
        output = model(ids, decoder_input_ids=ids) if name.startswith("t5") else model(ids)
    assert sum(p.numel() for p in model.parameters()) == stated.parameters
    pooler = 0 if PUBLISHED[name].builds else 2 * PUBLISHED[name].width ** 2  # once, not for each token
    assert counter.get_total_flops() == stated.flops_per_token * context + pooler
    kept = output.get("past_key_values")
    layers = getattr(getattr(kept, "self_attention_cache", kept), "layers", [])  # an encoder keeps nothing
    cached = sum(layer.keys.numel() + layer.values.numel() for layer in layers)
    assert cached == stated.kv_cache_elements_per_token * context


def test_the_window_of_mistral_halves_what_a_query_looks_at():
    saved = unwindowed("mistral-7b").flops_per_token - cost(PUBLISHED["mistral-7b"]).flops_per_token
    assert saved == 4 * 32 * 128 * 32 * (8192 - 4096)  # heads, channels, layers, keys


def test_every_published_model_names_its_source():
    assert list(SOURCES) == list(PUBLISHED)
    assert len({source.title for source in SOURCES.values()}) == len(SOURCES)
    assert all(source.paper and source.url.startswith("https://") for source in SOURCES.values())
