"""Texts into ids and back, as the tokenizer.json says it; what is shown of a token has its spaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from playground.checkpoints import tokenizer
from playground.checkpoints.tokenizer import BYTE, LONGEST, read

TEXT = "The cat sat.  The café\n𝛼 naïve cat!"


def byte_level() -> Tokenizer:
    """As GPT-2's is."""
    found = Tokenizer(models.BPE())
    found.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = decoders.ByteLevel()
    return trained(
        found,
        trainers.BpeTrainer(
            vocab_size=278, show_progress=False, initial_alphabet=sorted(BYTE), special_tokens=["<end>"]
        ),
    )


def metaspace() -> Tokenizer:
    """As LLaMA's is: what the vocabulary lacks is bytes."""
    found = Tokenizer(models.BPE(byte_fallback=True, unk_token="<0x00>"))
    found.normalizer = normalizers.Replace(" ", "▁")
    found.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    every = [f"<0x{byte:02X}>" for byte in range(256)]
    return trained(found, trainers.BpeTrainer(vocab_size=60, show_progress=False, special_tokens=[]), every)


def word_piece() -> Tokenizer:
    """As BERT's is, with the ends of a text and what a file may ask for besides."""
    found = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    found.normalizer = normalizers.BertNormalizer()
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    found.decoder = decoders.WordPiece()
    special = ["[UNK]", "[CLS]", "[SEP]"]
    found = trained(found, trainers.WordPieceTrainer(vocab_size=40, show_progress=False, special_tokens=special))
    found.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    found.enable_truncation(6)
    found.enable_padding(length=16)
    return found


def trained(found: Tokenizer, trainer: Any, more: list[str] | None = None) -> Tokenizer:
    found.train_from_iterator([TEXT] * 3, trainer)
    if more:
        state = json.loads(found.to_str())
        for token in more:
            state["model"]["vocab"].setdefault(token, len(state["model"]["vocab"]))
        found = Tokenizer.from_str(json.dumps(state))
    return found


def written(folder: Path, found: Tokenizer, **told: Any) -> Path:
    found.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


@pytest.mark.parametrize("kind", [byte_level, metaspace], ids=lambda kind: kind.__name__)
def test_pieces_are_the_text_with_its_spaces(kind, tmp_path):
    found = read(written(tmp_path, kind()), 1000)
    pieces = found.encode(TEXT + "ß", special=False)
    assert len(pieces) < len(TEXT)
    assert "".join(piece.text for piece in pieces) == TEXT + "\\xc3\\x9f"  # a character that is no token is two bytes
    assert found.decode([piece.id for piece in pieces]) == TEXT + "ß"


def test_pieces_of_words_have_a_space_before_a_word(tmp_path):
    found = read(written(tmp_path, word_piece()), 1000)
    pieces = found.encode("The cat sat. The naive cat")
    assert [(piece.text, piece.special) for piece in (pieces[0], pieces[-1])] == [("[CLS]", True), ("[SEP]", True)]
    assert len(pieces) > 8  # neither cut nor filled up
    assert "".join(piece.text for piece in pieces[1:-1]) == " the cat sat . the naive cat"
    assert "[CLS]" not in found.decode([piece.id for piece in pieces])
    assert not any(piece.special for piece in found.encode("The cat", special=False))


def test_ends_and_the_chat_template_are_shown_as_they_are(tmp_path):
    template = "{{ bos_token }}{% for m in messages %}{{ ''.__class__ }}{% endfor %}"
    folder = written(tmp_path, byte_level(), bos_token={"content": "<end>"}, chat_template=template)
    (folder / "config.json").write_text(json.dumps({"eos_token_id": 0, "bos_token_id": 5}))
    found = read(folder, 1000)
    assert (found.bos, found.eos) == ((0, "<end>", True),) * 2
    assert found.template == template
    named = [{"name": "tool_use", "template": "x"}, {"name": "default", "template": "y"}]
    assert read(written(folder, byte_level(), chat_template=named), 1000).template == "y"
    (folder / "chat_template.jinja").write_text("z")
    assert read(folder, 1000).template == "z"


def test_without_a_tokenizer_bytes_are_read_and_said(tmp_path):
    found = read(tmp_path, 256)
    assert found.notice.startswith("There is no tokenizer.json: texts are read as bytes")
    pieces = found.encode("né")
    assert [(piece.id, piece.text) for piece in pieces] == [(110, "n"), (195, "\\xc3"), (169, "\\xa9")]
    assert found.decode([110, 195, 169]) == "né"
    assert read(tmp_path, 300).pieces([299])[0].text == "#299"


def test_what_the_model_does_not_know_is_refused(tmp_path):
    folder = written(tmp_path, byte_level())
    assert read(folder, 200).notice == "The tokenizer knows 278 tokens, and the model the first 200 of them."
    with pytest.raises(ValueError, match=r"Token 2\d\d is none of the model's 200\."):
        read(folder, 200).encode("The cat")
    with pytest.raises(ValueError, match=r"Token -1 is none"):
        read(folder, 200).pieces([-1])
    assert read(folder, 1000).pieces([999])[0].text == "#999"  # a row of the table that no token has
    with pytest.raises(ValueError, match=r"The text has 100,001 characters, and at most 100,000 are read\."):
        read(folder, 1000).encode("a" * (LONGEST + 1))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"model": {"type": "BPE", "vocab": {}, "merges": [["a", "b"]]}}', "[" * 100_000],
    ids=["empty", "cut off", "a list", "nothing", "merges of nothing", "deep"],
)
def test_a_tokenizer_that_is_none_is_refused(text, tmp_path):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(ValueError, match=r"tokenizer\.json is damaged: .*\."):
        read(tmp_path, 1000)


def test_a_tokenizer_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tokenizer, "BYTES", 1000)
    with pytest.raises(ValueError, match=r"tokenizer\.json is longer than 1,000 bytes\."):
        read(written(tmp_path, byte_level()), 1000)
