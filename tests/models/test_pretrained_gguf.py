"""GGUF files: the model that llama.cpp's converter would write, whole, half or quantised; and files that are none."""

import json
import struct
from pathlib import Path
from typing import Any

import gguf
import pytest
import torch
from torch import Tensor

from models.pretrained import FAMILIES, load
from models.pretrained.gguf_files import NAMES
from tests.models.checkpoints import SIZES, tensors

SAID = SIZES | {"hidden_size": 64, "intermediate_size": 96, "num_key_value_heads": 2, "rms_norm_eps": 1e-3}
SAID |= {"rope_theta": 500.0}
LLAMA, TIED = SAID | {"model_type": "llama"}, SAID | {"model_type": "llama", "tie_word_embeddings": True}
QWEN2, QWEN3 = SAID | {"model_type": "qwen2"}, SAID | {"model_type": "qwen3", "head_dim": 32}
NUMBERS = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "context_length": "max_position_embeddings",
}
NUMBERS |= {"feed_forward_length": "intermediate_size", "attention.head_count": "num_attention_heads"}
NUMBERS |= {"attention.head_count_kv": "num_key_value_heads", "attention.key_length": "head_dim"}


def their(name: str) -> str:
    short = {its: ours for ours, its in NAMES.items()}
    layer, part = "", name.removesuffix(".weight").removesuffix(".bias")
    if part.startswith("model.layers."):
        _, _, number, part = part.split(".", 3)
        layer = f"blk.{number}."
    return f"{layer}{short[part]}.{name.rpartition('.')[2]}"


def turned(published: dict[str, Any], name: str, t: Tensor) -> Tensor:
    """As `LlamaModel.permute` of llama.cpp's convert_hf_to_gguf.py."""
    if published["model_type"] != "llama" or not name.endswith(("q_proj.weight", "k_proj.weight")):
        return t
    heads = published["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
    return t.reshape(heads, 2, t.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(t.shape)


def write(folder: Path, published: dict[str, Any], kind: gguf.GGMLQuantizationType) -> dict[str, Tensor]:
    """The file, and what is in it under the names of transformers."""
    arch, stored = published["model_type"], {}
    writer = gguf.GGUFWriter(folder / "model.gguf", arch)
    for name, key in NUMBERS.items():
        if key in published:
            writer.add_uint32(f"{arch}.{name}", published[key])
    writer.add_float32(f"{arch}.attention.layer_norm_rms_epsilon", published["rms_norm_eps"])
    writer.add_float32(f"{arch}.rope.freq_base", published["rope_theta"])
    writer.add_array("tokenizer.ggml.tokens", [f"token {i}" for i in range(11)])
    writer.add_array("tokenizer.ggml.scores", [0.5] * 11)
    for name, t in tensors(published).items():
        of = kind if t.ndim > 1 else gguf.GGMLQuantizationType.F32
        data = gguf.quantize(turned(published, name, t).contiguous().numpy(), of)
        writer.add_tensor(their(name), data, raw_dtype=of)
        back = turned(published, name, torch.arange(t.shape[0])[:, None]).flatten().argsort()
        stored[name] = torch.from_numpy(gguf.dequantize(data, of).copy())[back]
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return stored


KINDS = gguf.GGMLQuantizationType
CASES = {
    "LLaMA": (LLAMA, KINDS.F32),
    "LLaMA, half": (LLAMA, KINDS.F16),
    "LLaMA, bfloat16": (TIED, KINDS.BF16),
    "LLaMA, 8 bits": (TIED, KINDS.Q8_0),
    "LLaMA, 4 bits": (LLAMA, KINDS.Q4_0),
    "Qwen2": (QWEN2, KINDS.Q8_0),
    "Qwen3": (QWEN3, KINDS.F32),
}


@pytest.mark.parametrize(("published", "kind"), CASES.values(), ids=CASES.keys())
def test_a_gguf_is_the_model_that_was_converted(published: dict, kind: gguf.GGMLQuantizationType, tmp_path: Path):
    stored = write(tmp_path, published, kind)
    found, family = load(tmp_path), FAMILIES[published["model_type"]]
    expected = family.config(published)
    assert found.config.but(norm=expected.norm, attention=expected.attention) == expected
    assert found.config.norm.eps == pytest.approx(1e-3)
    state = found.model.state_dict()
    for entry in family.entries(expected):
        assert torch.equal(state[entry.ours], entry.join(stored)), entry.ours
    if kind == KINDS.F32:
        assert all(torch.equal(stored[name], t) for name, t in tensors(published).items())


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is no GGUF file, or is cut short."),
    "noise": (b"\xff" * 99, "is no GGUF file"),
    "a later version": (struct.pack("<4sIQQ", b"GGUF", 9, 0, 0), "is no GGUF file"),
    "2^60 settings": (struct.pack("<4sIQQ", b"GGUF", 3, 0, 2**60), "is no GGUF file"),
    "a list without an end": (
        struct.pack("<4sIQQQ1sIIQ", b"GGUF", 3, 0, 1, 1, b"a", 9, 8, 2**60),
        "is no GGUF file",
    ),
    "lists of lists": (struct.pack("<4sIQQQ1sIIQ", b"GGUF", 3, 0, 1, 1, b"a", 9, 9, 2), "is no GGUF file"),
    "a long name": (struct.pack("<4sIQQQ", b"GGUF", 3, 0, 1, 2**60), "is no GGUF file"),
    "nothing said": (struct.pack("<4sIQQ", b"GGUF", 3, 0, 0), "holds a model of kind None"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD.keys())
def test_a_file_that_is_none_is_refused(content: bytes, said: str, tmp_path: Path):
    (tmp_path / "model.gguf").write_bytes(content)
    with pytest.raises(ValueError, match=r"\.$") as caught:
        load(tmp_path)
    assert said in str(caught.value)


def test_a_file_that_was_cut_short_is_refused(tmp_path: Path):
    write(tmp_path, LLAMA, KINDS.F32)
    path = tmp_path / "model.gguf"
    path.write_bytes(path.read_bytes()[:-64])
    with pytest.raises(ValueError, match=r"is damaged: .* ends behind its end"):
        load(tmp_path)


def test_a_format_that_nobody_reads_is_refused(tmp_path: Path):
    write(tmp_path, LLAMA, KINDS.F32)
    path, name = tmp_path / "model.gguf", b"output_norm.weight"
    content = bytearray(path.read_bytes())
    kind = content.index(name) + len(name) + 4 + 8  # behind the count of its dimensions and the one there is
    content[kind : kind + 4] = struct.pack("<I", 999)
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match=r"output_norm\.weight is in a format that is not read: 999\."):
        load(tmp_path)


def test_a_config_beside_it_is_that_of_other_files(tmp_path: Path):
    write(tmp_path, LLAMA, KINDS.F32)
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    with pytest.raises(ValueError, match=r"no model\.safetensors"):
        load(tmp_path)
    (tmp_path / "config.json").unlink()
    (tmp_path / "other.gguf").touch()
    with pytest.raises(ValueError, match="There are 2 GGUF files"):
        load(tmp_path)
