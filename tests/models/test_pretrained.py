"""A published checkpoint becomes a model of ours whole and exactly, or is refused with a sentence."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models import Transformer
from models.pretrained import FAMILIES, load, save
from models.pretrained.base import Entry
from models.pretrained.matching import matched
from tests.models.checkpoints import PUBLISHED, same, short, tensors, write

EVERY = pytest.mark.parametrize("published", PUBLISHED.values(), ids=PUBLISHED.keys())
GPT2, BERT, LLAMA, TIED = (PUBLISHED[name] for name in ("gpt2", "bert", "llama", "llama, tied"))
NEOX, NEOX_TIED, ROFORMER, T5 = (PUBLISHED[name] for name in ("gpt_neox", "gpt_neox, tied", "roformer", "t5"))
V3 = PUBLISHED["deepseek_v3"]
IDS_BT = torch.arange(10).view(2, 5)
ANGLES = torch.arange(16.0)[:, None]
SINUSOIDS = torch.cat((ANGLES.sin(), ANGLES.cos()), 1)
"""Of heads of two channels, which turn by one radian a position."""


def logits(model: Transformer) -> Tensor:
    source = IDS_BT.flip(1) if model.config.topology == "encoder-decoder" else None
    return model(IDS_BT, source_BS=source).logits_BTV


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
    assert torch.equal(logits(again.model), logits(found.model))


@EVERY
def test_a_loaded_model_is_one_like_any_other(published: dict, tmp_path: Path):
    """With its tables of positions, on the CPU, trainable, and without a thread to the file."""
    loaded = load(write(tmp_path, published)).model
    built = Transformer(loaded.config)
    built.load_state_dict(loaded.state_dict())
    for mine, others in zip(loaded.buffers(), built.buffers(), strict=True):
        assert torch.equal(mine, others)
    write(tmp_path, published, {name: t * 0 for name, t in tensors(published).items()})
    assert torch.equal(logits(loaded), logits(built))
    assert all(p.requires_grad and p.is_contiguous() and p.dtype == torch.float32 for p in loaded.parameters())


def test_only_the_model_of_the_config_is_saved(tmp_path: Path):
    model = Transformer(FAMILIES["gpt2"].config(GPT2).but(dropout=0.5, init={"embedding_std": 0.1}))
    save(model, GPT2, tmp_path)
    with pytest.raises(ValueError, match=r"^This config\.json describes another model than the one to save\.$"):
        save(model, GPT2 | {"layer_norm_epsilon": 1e-3}, tmp_path)


@pytest.mark.parametrize("published", [GPT2, TIED, NEOX_TIED], ids=["gpt2", "llama, tied", "gpt_neox, tied"])
def test_names_without_their_prefix_are_the_same_names(published: dict, tmp_path: Path):
    expected = load(write(tmp_path, published)).model.state_dict()
    stored = {short(name): t for name, t in tensors(published).items()}
    assert not any(name.startswith(("transformer.", "model.", "gpt_neox.")) for name in stored)
    got = load(write(tmp_path, published, stored)).model.state_dict()
    assert all(torch.equal(got[name], expected[name]) for name in expected)


def test_an_old_bert_says_gamma_and_beta(tmp_path: Path):
    expected = load(write(tmp_path, BERT)).model.state_dict()
    stored = {name.replace("LayerNorm.weight", "LayerNorm.gamma"): t for name, t in tensors(BERT).items()}
    stored = {name.replace("LayerNorm.bias", "LayerNorm.beta"): t for name, t in stored.items()}
    got = load(write(tmp_path, BERT, stored)).model.state_dict()
    assert all(torch.equal(got[name], expected[name]) for name in expected)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_the_names_of_compiled_and_parallel_models_are_the_same_names(prefix: str, tmp_path: Path):
    expected = load(write(tmp_path, LLAMA)).model.state_dict()
    got = load(write(tmp_path, LLAMA, {prefix + name: t for name, t in tensors(LLAMA).items()})).model.state_dict()
    assert all(torch.equal(got[name], expected[name]) for name in expected)


@pytest.mark.parametrize("stored", [torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_other_precisions_are_cast(stored: torch.dtype, tmp_path: Path):
    rounded = {name: t.to(stored) for name, t in tensors(LLAMA).items()}
    got = load(write(tmp_path, LLAMA, rounded)).model
    assert torch.equal(got.embedding.tokens, rounded["model.embed_tokens.weight"].float())
    half = load(tmp_path, dtype=torch.bfloat16).model
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}
    assert half(IDS_BT).logits_BTV.dtype == torch.bfloat16


@pytest.mark.parametrize("published", [BERT, ROFORMER], ids=["bert", "roformer"])
def test_an_encoder_alone_keeps_its_vectors_and_is_told(published: dict, tmp_path: Path):
    whole = load(write(tmp_path, published))
    bare = {short(name): t for name, t in tensors(published).items() if not name.startswith("cls.")}
    alone = load(write(tmp_path, published, bare))
    assert (whole.headless, alone.headless) == (False, True)
    assert alone.config == whole.config.but(head={"tied": True})
    both = [found.model(IDS_BT, record=True).encoder[-1].stream_BTD for found in (whole, alone)]
    assert torch.equal(*both)
    save(alone.model, published, tmp_path)
    again = load(tmp_path)
    assert again.headless
    assert all(torch.equal(t, alone.model.state_dict()[name]) for name, t in again.model.state_dict().items())


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
    "RoPE of all layers": (LLAMA, "rotary_emb.inv_freq", lambda t: torch.ones(1).half(), "follow from the config"),
    "RoFormer's table": (ROFORMER, "roformer.encoder.embed_positions.weight", lambda t: SINUSOIDS, "sines and"),
    "RoFormer's matrix": (
        ROFORMER,
        "cls.predictions.decoder.weight",
        lambda t: t["roformer.embeddings.word_embeddings.weight"].clone(),
        "token embedding",
    ),
    "RoFormer's bias": (
        ROFORMER,
        "cls.predictions.decoder.bias",
        lambda t: t["cls.predictions.bias"].clone(),
        "head's bias",
    ),
    "GPT-NeoX's mask": (NEOX, "gpt_neox.layers.1.attention.bias", lambda t: torch.ones(1, 1, 16, 16), "causal mask"),
    "GPT-NeoX's old mask": (NEOX, "gpt_neox.layers.0.attention.masked_bias", lambda t: torch.ones(()), "causal mask"),
    "GPT-NeoX's RoPE": (
        NEOX,
        "gpt_neox.layers.1.attention.rotary_emb.inv_freq",
        lambda t: torch.ones(1),
        "follow from the config",
    ),
    "GPT-NeoX's head": (
        NEOX_TIED,
        "lm_head.weight",
        lambda t: t["gpt_neox.embed_in.weight"].clone(),
        "token embedding",
    ),
    "T5's encoder": (T5, "encoder.embed_tokens.weight", lambda t: t["shared.weight"].clone(), "token embedding"),
    "T5's decoder": (T5, "decoder.embed_tokens.weight", lambda t: t["shared.weight"].clone(), "token embedding"),
    "T5's head": (T5, "lm_head.weight", lambda t: t["shared.weight"].clone(), "token embedding"),
    "T5's idle table": (
        T5,
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
        lambda t: torch.ones(32, 4),
        "no distance",
    ),
    "DeepSeek's second token": (V3, "model.layers.2.eh_proj.weight", lambda t: torch.ones(8, 16), "multi-token"),
    "LLaMA's head": (TIED, "lm_head.weight", lambda t: t["model.embed_tokens.weight"].clone(), "token embedding"),
}


@pytest.mark.parametrize(("published", "name", "make", "reason"), IGNORED.values(), ids=IGNORED.keys())
def test_what_is_ignored_is_reported_with_its_reason(published: dict, name: str, make: Any, reason: str, tmp_path):
    stored = tensors(published)
    ignored = load(write(tmp_path, published, stored | {name: make(stored)})).ignored
    assert list(ignored) == [name]
    assert reason in ignored[name]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([Entry("decoder.norm_final.weight", ("x",))], "not the list of our tensors"),
        ([Entry("decoder.norm.weight", ("x",))], "not the list of our tensors"),
    ],
    ids=["made twice", "unknown"],
)
def test_a_table_of_names_with_a_mistake_is_told(more: list[Entry], said: str):
    family = FAMILIES["llama"]
    config = family.config(LLAMA)
    shapes = {name: tuple(t.shape) for name, t in Transformer(config).state_dict().items()}
    with pytest.raises(AssertionError, match=said):
        matched(family._replace(entries=lambda c: family.entries(c) + more), config, shapes, [])
    used = [e._replace(theirs=("model.norm.weight",)) if "norm" in e.ours else e for e in family.entries(config)]
    with pytest.raises(AssertionError, match="used twice"):
        matched(family._replace(entries=lambda c: used), config, shapes, [])
