"""Real checkpoints: our core says what the published implementation says, and reads texts as it does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers as hf
from torch.nn.functional import normalize

from models.generate import generate
from models.pretrained import Checkpoint, load
from playground.checkpoints.folder import local
from playground.checkpoints.tokenizer import read
from playground.measures.head_roles import scores, self_cells
from playground.measures.sentences import cosines, sentences
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


ALIKE = ("A cat sits on the mat.", "A kitten rests on a rug.", "The stock market fell today.")


@torch.no_grad()
def test_sentences_of_minilm_are_those_of_transformers_and_alike_where_their_meaning_is():
    minilm, theirs = load(MINILM), hf.AutoModel.from_pretrained(MINILM, dtype=torch.float32).eval()
    tokens = read(MINILM, minilm.config.vocab)
    texts = [torch.tensor([[piece.id for piece in tokens.encode(text)]]) for text in ALIKE]
    ours_BD = torch.cat([sentences(minilm.model(ids_BT, record=True).encoder[-1].stream_BTD) for ids_BT in texts])
    expected_BD = torch.cat([normalize(theirs(ids_BT).last_hidden_state.mean(1)) for ids_BT in texts])
    torch.testing.assert_close(ours_BD, expected_BD, rtol=0, atol=1e-5)
    cosines_BB = cosines(ours_BD)
    assert cosines_BB[0, 1] > cosines_BB[0, 2] + 0.3


@torch.no_grad()
def test_a_real_model_has_heads_of_the_roles_that_toys_learn(smollm2):
    drawn = torch.Generator().manual_seed(0)
    half_BT = torch.randint(1000, 20_000, (4, 24), generator=drawn)
    ids_BT = torch.cat((half_BT, half_BT), dim=1)
    patterns = [one.self_attention_BHTS for one in smollm2.model(ids_BT, record=["*.attention.pattern"]).decoder]
    cells = self_cells(ids_BT, causal=True)
    role = dict(zip(cells, scores(torch.stack(patterns), cells).amax((0, 1)).tolist(), strict=True))
    assert role["induction"] > 0.4
    assert role["first token"] > 0.4  # a sink
