"""Real checkpoints: our core says what the published implementation says, and reads texts as it does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers as hf

from models.generate import generate
from models.pretrained import Checkpoint, load
from models.pretrained.files import header
from playground.checkpoints.folder import local
from playground.checkpoints.tokenizer import read
from tests.real import MINILM, SMOLLM2

TEXTS = ("The capital of France is", "def f(x):\n    return x  # naïve", "¿Qué? 𝛼β 漢字", " two  spaces ", "")


@pytest.fixture(scope="module")
def smollm2() -> Checkpoint:
    return load(SMOLLM2)


def test_logits_are_those_of_transformers(smollm2):
    ids_BT = torch.tensor([[piece.id for piece in read(SMOLLM2, smollm2.config.vocab).encode(TEXTS[0])]])
    theirs = hf.AutoModelForCausalLM.from_pretrained(SMOLLM2, dtype=torch.float32)
    with torch.no_grad():
        expected, got = theirs(ids_BT).logits, smollm2.model(ids_BT).logits_BTV
    assert (got - expected).abs().max() < 5e-6 * expected.abs().max()


def test_a_real_model_knows_the_capital_of_france(smollm2):
    tokens = read(SMOLLM2, smollm2.config.vocab)
    ids_BT = torch.tensor([[piece.id for piece in tokens.encode("The capital of France is")]])
    written = [token.ids_B.item() for token in generate(smollm2.model, ids_BT, 2)]
    assert tokens.decode(written) == " Paris."


@pytest.mark.parametrize("folder", [SMOLLM2, MINILM], ids=lambda folder: folder.name)
def test_texts_are_the_tokens_that_transformers_makes_of_them(folder):
    theirs: Any = hf.PreTrainedTokenizerFast.from_pretrained(folder)
    tokens = read(folder, local(folder).config.vocab)
    for text in TEXTS:
        pieces = tokens.encode(text)
        ids = [piece.id for piece in pieces]
        assert ids == theirs(text).input_ids
        assert tokens.decode(ids) == theirs.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        if folder == SMOLLM2 and text.isascii():
            assert "".join(piece.text for piece in pieces) == text


def test_what_is_told_of_a_real_model_is_so(smollm2):
    found = local(SMOLLM2)
    assert (found.kind, found.problems, found.notices) == ("llama", (), ())
    assert found.parameters == sum(p.numel() for p in smollm2.model.parameters()) == 134_515_008
    tokens = read(SMOLLM2, found.config.vocab)
    assert (tokens.bos.text, tokens.eos.text) == ("<|im_start|>", "<|im_end|>")
    assert tokens.template.startswith("{% for message in messages %}")


def test_the_embeddings_of_minilm_are_read():
    named = {tensor.name: tensor for tensor in header(MINILM / "model.safetensors")}
    table_VD = named["embeddings.word_embeddings.weight"].read()
    tokens = read(MINILM, len(table_VD))
    king, queen, cabbage = (table_VD[tokens.encode(word, special=False)[0].id] for word in ("king", "queen", "cabbage"))
    near, far = (torch.cosine_similarity(king, other, dim=0) for other in (queen, cabbage))
    assert near > far + 0.2
