"""The files of a checkpoint are not trusted: no name leaves the folder, no header takes memory, no pickle is read."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from models.pretrained import load
from models.pretrained.files import JSON_BYTES
from tests.models.checkpoints import CONFIG, INDEX, PUBLISHED, WHOLE, tensors, write, write_header, write_shards

GPT2, LLAMA = PUBLISHED["gpt2"], PUBLISHED["llama"]


def refused(folder: Path, said: str, **bounds: Any) -> None:
    with pytest.raises(ValueError, match=r"\.$") as caught:
        load(folder, **bounds)
    assert said in str(caught.value)


def test_shards_are_one_checkpoint(tmp_path: Path):
    stored = tensors(LLAMA)
    names = list(stored)
    parts = [{n: stored[n] for n in names[i::3]} for i in range(3)]
    (tmp_path / "whole").mkdir()
    expected = load(write(tmp_path / "whole", LLAMA)).model.state_dict()
    got = load(write_shards(tmp_path, LLAMA, parts)).model.state_dict()
    assert all(torch.equal(got[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    "name",
    ["../out.safetensors", "/out.safetensors", "in/out.safetensors", "..\\out.safetensors", "out.bin", "", 7, None],
)
def test_an_index_names_only_files_of_its_folder(name: Any, tmp_path: Path):
    inner = tmp_path / "inner"
    (inner / "in").mkdir(parents=True)
    for place in (tmp_path, inner / "in"):
        (write(place, LLAMA) / WHOLE).rename(place / "out.safetensors")
    (inner / "out.bin").touch()
    (inner / CONFIG).write_text(json.dumps(LLAMA))
    (inner / INDEX).write_text(json.dumps({"weight_map": {"model.norm.weight": name}}))
    refused(inner, f"names {str(name)!r}, which is no safetensors file of this folder.")


@pytest.mark.parametrize("map", [None, [], {}, "x"], ids=repr)
def test_an_index_without_a_map_is_refused(map: Any, tmp_path: Path):
    (tmp_path / CONFIG).write_text(json.dumps(LLAMA))
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": map}))
    refused(tmp_path, "has no weight_map.")


def test_a_shard_that_is_missing_is_named(tmp_path: Path):
    write_shards(tmp_path, LLAMA, [tensors(LLAMA), {"x": torch.ones(1)}])
    (tmp_path / "model-00002-of-00002.safetensors").unlink()
    refused(tmp_path, "names model-00002-of-00002.safetensors, which is missing.")


def test_a_pickle_is_not_read(tmp_path: Path):
    (tmp_path / CONFIG).write_text(json.dumps(GPT2))
    torch.save(tensors(GPT2), tmp_path / "pytorch_model.bin")
    refused(tmp_path, "a pickle (.bin, .pt) runs code when it is opened. Convert it to safetensors first.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "config.json is not readable JSON."),
        (b"\xff{}", "config.json is not readable JSON."),
        (b"[" * 100_000, "config.json is not readable JSON."),
        (b"[1]", "config.json holds no JSON object."),
        (b"{}" + b" " * JSON_BYTES, "config.json is longer than 4,194,304 bytes."),
    ],
    ids=["broken", "not UTF-8", "deep", "a list", "long"],
)
def test_a_config_that_is_none_is_refused(text: bytes, said: str, tmp_path: Path):
    (tmp_path / CONFIG).write_bytes(text)
    refused(tmp_path, said)


def test_a_config_may_begin_with_a_byte_order_mark(tmp_path: Path):
    write(tmp_path, GPT2)
    (tmp_path / CONFIG).write_bytes(b"\xef\xbb\xbf" + json.dumps(GPT2).encode())
    assert load(tmp_path).family == "gpt2"


@pytest.mark.parametrize("name", [CONFIG, WHOLE])
def test_a_pointer_of_git_lfs_is_told(name: str, tmp_path: Path):
    write(tmp_path, GPT2)
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 548105171\n")
    refused(tmp_path, f"{name} is a pointer of Git LFS")


def test_a_folder_without_a_config_is_refused(tmp_path: Path):
    refused(tmp_path, f"There is no config.json in {tmp_path.name}.")
    (tmp_path / CONFIG).mkdir()
    refused(tmp_path, f"There is no config.json in {tmp_path.name}.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no safetensors file"),
        (b"\xff" * 99, "is no safetensors file"),
        ((JSON_BYTES + 1).to_bytes(8, "little"), "is longer than 4,194,304 bytes."),
    ],
    ids=["empty", "noise", "a long header"],
)
def test_a_header_that_is_none_is_refused(content: bytes, said: str, tmp_path: Path):
    write(tmp_path, GPT2)
    (tmp_path / WHOLE).write_bytes(content)
    refused(tmp_path, said)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ([], "model.safetensors holds no JSON object."),
        ({"a": []}, "says neither shape nor type of a."),
        ({"a": {"dtype": "F32", "shape": [1.5]}}, "says neither shape nor type of a."),
        ({"a": {"dtype": "F32", "shape": 8}}, "says neither shape nor type of a."),
        ({"a": {"dtype": 32, "shape": [8]}}, "says neither shape nor type of a."),
    ],
    ids=["a list", "a list of a tensor", "half a number", "one number", "a type in numbers"],
)
def test_a_header_that_says_too_little_is_refused(header: Any, said: str, tmp_path: Path):
    write(tmp_path, GPT2)
    refused(write_header(tmp_path, header), said)


def test_a_file_that_was_cut_short_is_refused(tmp_path: Path):
    path = write(tmp_path, GPT2) / WHOLE
    path.write_bytes(path.read_bytes()[:-1])
    refused(tmp_path, "model.safetensors is damaged: ")


HUGE = GPT2 | {"n_embd": 65_536, "vocab_size": 1_000_000}  # 675 GB


def test_a_huge_model_takes_no_memory(tmp_path: Path):
    refused(
        write(tmp_path, HUGE, tensors(GPT2)), "is (11, 8) in model.safetensors, and config.json makes it (1000000, 65"
    )


def test_a_huge_tensor_takes_no_memory(tmp_path: Path):
    size, stored = 100 * 2**30, tensors(GPT2)
    header: dict[str, Any] = {
        n: {"dtype": "F32", "shape": list(t.shape), "data_offsets": [0, 0]} for n, t in stored.items()
    }
    header["transformer.wte.weight"] |= {"shape": [size // 32, 8], "data_offsets": [0, size]}
    write(tmp_path, GPT2)
    refused(
        write_header(tmp_path, header, size), f"is ({size // 32}, 8) in model.safetensors, and config.json makes it (11"
    )


def test_a_model_takes_no_more_than_it_may(tmp_path: Path):
    """The tables of a position scheme count, and each parameter in the type that it is loaded in."""
    model = load(write(tmp_path, LLAMA)).model
    tables = sum(t.nbytes for t in model.buffers())
    assert tables > 0
    size = sum(p.nbytes for p in model.parameters()) + tables
    file = (tmp_path / WHOLE).stat().st_size
    assert file > size
    load(tmp_path, most=file)
    refused(tmp_path, "The checkpoint's files would take ", most=file - 1)
    refused(tmp_path, "The model would take ", most=size - 1)
    half = (size - tables) // 2 + tables
    refused(tmp_path, "The checkpoint's files would take ", most=half, dtype=torch.bfloat16)
    refused(tmp_path, "The model would take ", most=half - 1, dtype=torch.bfloat16)
    refused(write(tmp_path, HUGE, tensors(GPT2)), "The model would take 674,", most=10**9)
