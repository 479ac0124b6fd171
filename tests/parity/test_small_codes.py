"""nanoGPT and llama2.c, whose files hold the weights of a GPT-2 and a LLaMA under other names and in another order."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf
from safetensors.torch import save_file
from torch import Tensor

from models.pretrained import load
from tests.parity.families import GPT2, GROUPED, HIDDEN, LAYERS, TIED, VOCAB, WIDTH, pair, published
from tests.parity.test_parity import EVERYTHING, holes, same, same_layers, tokens


def _compare(theirs: Any, folder: Path, config: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps(config))
    save_file({name: t.contiguous().clone() for name, t in tensors.items()}, folder / "model.safetensors")
    found, ids_BT, keep_BS = load(folder), tokens(17), holes(17)
    expected = theirs(ids_BT, attention_mask=keep_BS.long(), **EVERYTHING)
    got = found.model(ids_BT, keep_BS=keep_BS, record=True)
    same(got.logits_BTV[keep_BS], expected.logits[keep_BS], 1e-5)
    final = found.model.decoder.norm_final
    same_layers(got.decoder, expected.hidden_states, expected.attentions, keep_BS, final)
    return found.ignored


@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize("prefix", ["", "_orig_mod."], ids=["plain", "compiled"])
def test_a_nanogpt_is_a_gpt2_of_plain_matrices(bias: bool, prefix: str, tmp_path: Path):
    theirs = pair(published(hf.GPT2LMHeadModel, hf.GPT2Config, GPT2 | {"activation_function": "gelu"}), tmp_path).theirs
    with torch.no_grad():
        for name, p in theirs.named_parameters():
            p *= 0.0 if name.endswith("bias") and not bias else 1.0
    stored = {name: t.T if ".c_" in name and t.ndim == 2 else t for name, t in theirs.state_dict().items()}
    stored = {prefix + name: t for name, t in stored.items() if bias or not name.endswith("bias")}
    config = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": 4, "block_size": 40, "vocab_size": VOCAB, "bias": bias}
    assert list(_compare(theirs, tmp_path, config | {"dropout": 0.0}, stored)) == [f"{prefix}lm_head.weight"]


NAMES = {
    "self_attn.q_proj": "attention.wq",
    "self_attn.k_proj": "attention.wk",
    "self_attn.v_proj": "attention.wv",
    "self_attn.o_proj": "attention.wo",
    "mlp.gate_proj": "feed_forward.w1",
    "mlp.down_proj": "feed_forward.w2",
    "mlp.up_proj": "feed_forward.w3",
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "ffn_norm",
    "embed_tokens": "tok_embeddings",
    "lm_head": "output",
    "model.": "",
}


def test_a_llama2c_is_a_llama_that_turns_neighbours(tmp_path: Path):
    sizes = GROUPED | TIED | {"rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0}}
    theirs = pair(published(hf.LlamaForCausalLM, hf.LlamaConfig, sizes), tmp_path).theirs
    stored = {}
    for name, t in theirs.state_dict().items():
        if "q_proj" in name or "k_proj" in name:  # halves side by side -> neighbours
            t = t.unflatten(0, (-1, 2, 2)).transpose(1, 2).flatten(0, 2)
        for their, its in NAMES.items():
            name = name.replace(their, its)
        stored[name] = t
    angle_TR = torch.arange(40.0)[:, None] * 10_000.0 ** (-torch.arange(0, 4, 2) / 4)
    stored |= {"freqs_cos": angle_TR.cos(), "freqs_sin": angle_TR.sin()}
    config = {"dim": WIDTH, "n_layers": LAYERS, "n_heads": 6, "n_kv_heads": 2, "vocab_size": VOCAB, "norm_eps": 1e-3}
    ignored = _compare(theirs, tmp_path, config | {"hidden_dim": HIDDEN, "max_seq_len": 40}, stored)
    assert sorted(ignored) == ["freqs_cos", "freqs_sin", "output.weight"]
    stored["freqs_sin"] *= 1.001
    with pytest.raises(ValueError, match="freqs_sin holds other positions"):
        _compare(theirs, tmp_path, config | {"hidden_dim": HIDDEN, "max_seq_len": 40}, stored)
