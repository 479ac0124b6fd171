"""What is saved is what others know under its name; and what nobody else knows is loaded again here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import transformers as hf

from models import PRESETS, Transformer, TransformerConfig
from models.attention import GQA
from models.mixture import MoE
from models.moe import DeepSeekV3
from models.position import RoPE
from models.pretrained import load, publish, save
from models.pretrained.own import KIND

THEIRS = {
    "gpt2-mini": hf.AutoModelForCausalLM,
    "llama-mini": hf.AutoModelForCausalLM,
    "bert-mini": hf.AutoModelForMaskedLM,
    "t5-mini": hf.AutoModelForSeq2SeqLM,
}
OWN = {
    "squared ReLU": PRESETS["fast"],
    "attention alone": PRESETS["induction-alibi"],
    "another epsilon of QK-norm": PRESETS["llama-mini"].but(attention=GQA(heads=6, kv_heads=2, qk_norm="head")),
    "interleaved pairs": PRESETS["llama-mini"].but(position=RoPE(pairing="interleaved")),
}


def saved(config: TransformerConfig, folder: Path) -> Transformer:
    model = Transformer(config.but(vocab=37, context=24), seed=1)
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():  # a head of zeros would hide mistakes
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    save(model, publish(model.config), folder)
    return model


@pytest.mark.parametrize("name", THEIRS)
def test_a_published_architecture_is_saved_under_its_name(name, tmp_path):
    model, ids_BT = saved(PRESETS[name], tmp_path), torch.arange(20)[None] % 37
    theirs, told = THEIRS[name].from_pretrained(tmp_path, output_loading_info=True)
    assert not any(told.values())
    across = {"source_BS": ids_BT.flip(1)} if name == "t5-mini" else {}
    expected = theirs(across["source_BS"], decoder_input_ids=ids_BT) if across else theirs(ids_BT)
    torch.testing.assert_close(model(ids_BT, **across).logits_BTV, expected.logits, rtol=0, atol=2e-5)
    assert torch.equal(load(tmp_path).model(ids_BT, **across).logits_BTV, model(ids_BT, **across).logits_BTV)


@pytest.mark.parametrize("config", OWN.values(), ids=OWN.keys())
def test_an_architecture_of_our_own_is_loaded_again(config, tmp_path):
    model, ids_BT = saved(config, tmp_path), torch.arange(20)[None] % 37
    again = load(tmp_path)
    assert (again.family, again.config) == (KIND, model.config)
    assert torch.equal(again.model(ids_BT).logits_BTV, model(ids_BT).logits_BTV)


def test_what_training_moved_without_a_gradient_is_saved_too(tmp_path):
    config = TransformerConfig(feed_forward=MoE(router=DeepSeekV3()))
    model = Transformer(config)
    biases = {name: buffer for name, buffer in model.named_buffers() if name.endswith("bias_E")}
    assert biases
    for buffer in biases.values():
        buffer.uniform_(generator=torch.Generator().manual_seed(0))
    save(model, publish(config), tmp_path)
    again = dict(load(tmp_path).model.named_buffers())
    assert all(torch.equal(again[name], buffer) for name, buffer in biases.items())


def test_a_config_of_ours_that_does_not_hold_together_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "transformer_playground", "model": {"width": 0}}')
    with pytest.raises(ValueError, match=r"config.json: Width lies between 1 and 65,536; got 0\."):
        load(tmp_path)
