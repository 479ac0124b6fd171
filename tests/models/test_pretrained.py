"""A published checkpoint becomes a model of ours whole and exactly, or is refused with a sentence."""

from pathlib import Path
from typing import Any

import pytest
import torch

from models import Transformer
from models.cost import cost
from models.pretrained import FAMILIES, load, save
from models.pretrained.base import Entry
from models.pretrained.matching import matched
from tests.models.checkpoints import PUBLISHED, same, short, tensors, write

EVERY = pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED.keys())
GPT2, BERT, LLAMA, TIED = (PUBLISHED[name] for name in ("gpt2", "bert", "llama", "llama, tied"))
IDS_BT = torch.arange(10).view(2, 5)


@EVERY
def test_a_checkpoint_comes_back_bit_by_bit(published: dict, tmp_path: Path):
    there, back = tmp_path / "there", tmp_path / "back"
    there.mkdir()
    back.mkdir()
    found = load(write(there, published))
    assert (found.family, found.ignored, found.model.training) == (published["model_type"], {}, False)
    assert found.config == found.model.config == FAMILIES[found.family].config(published)
    save(found.model, published, back)
    assert same(there, back)
    again = load(back)
    assert again.config == found.config
    assert torch.equal(again.model(IDS_BT).logits_BTV, found.model(IDS_BT).logits_BTV)


@EVERY
def test_a_loaded_model_is_one_like_any_other(published: dict, tmp_path: Path):
    """With its tables of positions, on the CPU, trainable, and without a thread to the file."""
    loaded = load(write(tmp_path, published)).model
    built = Transformer(loaded.config)
    built.load_state_dict(loaded.state_dict())
    for mine, others in zip(loaded.buffers(), built.buffers(), strict=True):
        assert torch.equal(mine, others)
    write(tmp_path, published, {name: t * 0 for name, t in tensors(published).items()})
    assert torch.equal(loaded(IDS_BT).logits_BTV, built(IDS_BT).logits_BTV)
    assert all(p.requires_grad and p.is_contiguous() and p.dtype == torch.float32 for p in loaded.parameters())


def test_only_the_model_of_the_config_is_saved(tmp_path: Path):
    model = Transformer(FAMILIES["gpt2"].config(GPT2).but(dropout=0.5, init={"std": 0.1}))
    save(model, GPT2, tmp_path)
    with pytest.raises(ValueError, match=r"^This config\.json describes another model than the one to save\.$"):
        save(model, GPT2 | {"layer_norm_epsilon": 1e-3}, tmp_path)


@pytest.mark.parametrize("published", [GPT2, TIED], ids=["gpt2", "llama, tied"])
def test_names_without_their_prefix_are_the_same_names(published: dict, tmp_path: Path):
    expected = load(write(tmp_path, published)).model.state_dict()
    stored = {short(name): t for name, t in tensors(published).items()}
    assert not any(name.startswith(("transformer.", "model.")) for name in stored)
    got = load(write(tmp_path, published, stored)).model.state_dict()
    assert all(torch.equal(got[name], expected[name]) for name in expected)


def test_an_old_bert_says_gamma_and_beta(tmp_path: Path):
    expected = load(write(tmp_path, BERT)).model.state_dict()
    stored = {name.replace("LayerNorm.weight", "LayerNorm.gamma"): t for name, t in tensors(BERT).items()}
    stored = {name.replace("LayerNorm.bias", "LayerNorm.beta"): t for name, t in stored.items()}
    got = load(write(tmp_path, BERT, stored)).model.state_dict()
    assert all(torch.equal(got[name], expected[name]) for name in expected)


@pytest.mark.parametrize("stored", [torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_other_precisions_are_cast(stored: torch.dtype, tmp_path: Path):
    rounded = {name: t.to(stored) for name, t in tensors(LLAMA).items()}
    got = load(write(tmp_path, LLAMA, rounded)).model
    assert torch.equal(got.embedding.tokens, rounded["model.embed_tokens.weight"].float())
    half = load(tmp_path, dtype=torch.bfloat16).model
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}
    assert half(IDS_BT).logits_BTV.dtype == torch.bfloat16


IGNORED = {
    "GPT-2's masks": (GPT2, "h.1.attn.bias", lambda t: torch.ones(1, 1, 16, 16), "causal mask"),
    "GPT-2's old masks": (GPT2, "transformer.h.0.attn.masked_bias", lambda t: torch.ones(()), "causal mask"),
    "GPT-2's head": (GPT2, "lm_head.weight", lambda t: t["transformer.wte.weight"].clone(), "token embedding"),
    "BERT's counter": (BERT, "bert.embeddings.position_ids", lambda t: torch.arange(16)[None], "a counter"),
    "BERT's matrix": (
        BERT,
        "cls.predictions.decoder.weight",
        lambda t: t["bert.embeddings.word_embeddings.weight"].clone(),
        "token embedding",
    ),
    "BERT's bias": (BERT, "cls.predictions.decoder.bias", lambda t: t["cls.predictions.bias"].clone(), "head's bias"),
    "BERT's pooler": (BERT, "bert.pooler.dense.bias", lambda t: torch.ones(8), "next-sentence"),
    "BERT's second head": (BERT, "cls.seq_relationship.weight", lambda t: torch.ones(2, 8), "next-sentence"),
    "RoPE": (LLAMA, "model.layers.1.self_attn.rotary_emb.inv_freq", lambda t: torch.ones(1), "follow from the config"),
    "LLaMA's head": (TIED, "lm_head.weight", lambda t: t["model.embed_tokens.weight"].clone(), "token embedding"),
}


@pytest.mark.parametrize(("published", "name", "make", "reason"), IGNORED.values(), ids=IGNORED.keys())
def test_what_is_ignored_is_reported_with_its_reason(published: dict, name: str, make: Any, reason: str, tmp_path):
    stored = tensors(published)
    ignored = load(write(tmp_path, published, stored | {name: make(stored)})).ignored
    assert list(ignored) == [name]
    assert reason in ignored[name]


def test_rope_turns_as_old_and_new_configs_say():
    config = FAMILIES["llama"].config
    assert config(LLAMA).position.base == 10_000
    assert config(LLAMA | {"rope_theta": 500.0, "rope_scaling": None}).position.base == 500
    assert config(LLAMA | {"rope_parameters": {"rope_type": "default", "rope_theta": 600.0}}).position.base == 600


def test_a_mistral_sees_what_its_config_says():
    config, mistral = FAMILIES["mistral"].config, PUBLISHED["mistral"]
    unsaid = {name: value for name, value in mistral.items() if name != "sliding_window"}
    assert [config(c).attention.window for c in (mistral, unsaid, unsaid | {"sliding_window": None})] == [3, 4096, None]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([Entry("decoder.norm_final.weight", ("x",))], "not the list of our parameters"),
        ([Entry("decoder.norm.weight", ("x",))], "not the list of our parameters"),
    ],
    ids=["made twice", "unknown"],
)
def test_a_table_of_names_with_a_mistake_is_told(more: list[Entry], said: str):
    family = FAMILIES["llama"]
    config = family.config(LLAMA)
    shapes = {name: tuple(p.shape) for name, p in Transformer(config).named_parameters()}
    with pytest.raises(AssertionError, match=said):
        matched(family._replace(entries=lambda c: family.entries(c) + more), config, shapes, [])
    used = [e._replace(theirs=("model.norm.weight",)) if "norm" in e.ours else e for e in family.entries(config)]
    with pytest.raises(AssertionError, match="used twice"):
        matched(family._replace(entries=lambda c: used), config, shapes, [])


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
