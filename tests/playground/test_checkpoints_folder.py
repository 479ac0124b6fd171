"""A GGUF file in a folder is told before it is opened."""

from __future__ import annotations

import gguf
import pytest

from models.pretrained import load
from playground.checkpoints.folder import local
from tests.models.test_pretrained_gguf import LLAMA, QWEN3, write


@pytest.mark.parametrize("published", [LLAMA, QWEN3], ids=["LLaMA", "Qwen3"])
def test_a_gguf_file_is_told_by_its_header_and_opened(published, tmp_path):
    write(tmp_path, published, gguf.GGMLQuantizationType.F16)
    listing = local(tmp_path)
    assert (listing.problems, listing.format, listing.kind) == ((), "GGUF", published["model_type"])
    assert [file.name for file in listing.files] == ["model.gguf"]
    opened = load(tmp_path)
    assert listing.config == opened.config
    assert listing.parameters == sum(p.numel() for p in opened.model.parameters())
    assert "no tokenizer.json" in listing.notices[0]


def test_a_gguf_file_of_another_kind_is_a_sentence(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(20))
    assert local(tmp_path).problems == ("model.gguf is no GGUF file, or is cut short.",)
