"""A checkpoint that is not wholly a model of ours is refused with a sentence: each of its tensors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models.pretrained import load
from tests.models.checkpoints import PUBLISHED, tensors, write, write_shards

GPT2, BERT, LLAMA = (PUBLISHED[name] for name in ("gpt2", "bert", "llama"))
NEOX, ROFORMER, T5, GATED = (PUBLISHED[name] for name in ("gpt_neox", "roformer", "t5", "t5, gated"))
Change = Callable[[dict[str, Tensor]], Any]
WTE, NORM = "transformer.wte.weight", "model.norm.weight"
TENSORS: dict[str, tuple[dict, Change, str]] = {
    "missing": (LLAMA, lambda t: t.pop(NORM), "The checkpoint lacks model.norm.weight."),
    "many missing": (
        BERT,
        lambda t: t.clear(),
        "bert.embeddings.position_embeddings.weight, bert.embeddings.LayerNorm.weight and 3",
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
    "a further layer's tensor in a layer of its own": (
        PUBLISHED["deepseek_v3"],
        lambda t: t.update({"model.layers.1.eh_proj.weight": torch.ones(8, 16)}),
        "does not have: model.layers.1.eh_proj.weight.",
    ),
    "8 bits": (
        PUBLISHED["deepseek_v3"],
        lambda t: t.update({NORM: t[NORM].to(torch.float8_e4m3fn)}),
        "is stored as F8_E4M3, and this core reads F64, F32, F16, BF16.",
    ),
    "no head": (
        LLAMA,
        lambda t: t.pop("lm_head.weight"),
        "is a model without its head, and this core makes logits: it la",
    ),
    "T5 without its head": (GATED, lambda t: t.pop("lm_head.weight"), "is a model without its head, and"),
    "a T5 whose stacks read two tables": (
        T5,
        lambda t: t.update({"decoder.embed_tokens.weight": t["shared.weight"] + 1}),
        "decoder.embed_tokens.weight differs from shared.weight, and",
    ),
    "a second table of distances": (
        T5,
        lambda t: t.update({"encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight": torch.ones(32, 4)}),
        "does not have: encoder.block.1",
    ),
    "RoFormer's narrow embedding": (
        ROFORMER,
        lambda t: t.update({"roformer.embeddings_project.weight": torch.ones(8, 8)}),
        "does not have: roformer.embeddings_project.weight.",
    ),
    "heads one by one": (
        NEOX,
        lambda t: t.update({"gpt_neox.layers.0.attention.query_key_value.bias": torch.ones(8)}),
        "gpt_neox.layers.0.attention.query_key_value.bias is (8,) in model.safetensors, and config.json makes it (24,)",
    ),
    "other frequencies": (
        LLAMA,
        lambda t: t.update({"model.layers.0.self_attn.rotary_emb.inv_freq": torch.full((1,), 1.01)}),
        "inv_freq holds other positions than config.json makes",
    ),
    "as many frequencies as channels": (
        LLAMA,
        lambda t: t.update({"model.rotary_emb.inv_freq": torch.ones(2)}),
        "model.rotary_emb.inv_freq holds other positions",
    ),
    "GPT-NeoX's other frequencies": (
        NEOX,
        lambda t: t.update({"gpt_neox.layers.0.attention.rotary_emb.inv_freq": torch.zeros(1)}),
        "inv_freq holds other positions",
    ),
    "other sinusoids": (
        ROFORMER,
        lambda t: t.update({"roformer.encoder.embed_positions.weight": torch.ones(16, 2)}),
        "embed_positions.weight holds other positions",
    ),
    "positions that are counted from 1": (
        BERT,
        lambda t: t.update({"bert.embeddings.position_ids": torch.arange(1, 17)[None]}),
        "position_ids holds other positions",
    ),
    "BERT with half a head": (
        BERT,
        lambda t: [t.pop(n) for n in list(t) if "transform" in n],
        "does not have: cls.predictions.bias.",
    ),
    "BERT without a head and more": (
        BERT,
        lambda t: [t.pop(n) for n in list(t) if "cls" in n or "layer.1.output" in n],
        "The checkpoint lacks cls.predictions.bias, ",
    ),
}


@pytest.mark.parametrize(("published", "change", "said"), TENSORS.values(), ids=TENSORS.keys())
def test_tensors_that_are_not_the_models_are_refused(published: dict, change: Change, said: str, tmp_path: Path):
    stored = tensors(published)
    change(stored)
    with pytest.raises(ValueError, match=r"\.$") as caught:
        load(write(tmp_path, published, stored))
    assert said in str(caught.value)


def test_a_tensor_in_two_shards_is_refused(tmp_path: Path):
    stored = tensors(LLAMA)
    with pytest.raises(
        ValueError, match=r"twice: model.norm.weight in model-00001-of-00002.safetensors and model.norm"
    ):
        load(write_shards(tmp_path, LLAMA, [stored, {NORM: stored[NORM]}]))
