"""Text: what is kept of it, where it is cut, and what is refused."""

import math

import pytest
import torch
from pydantic import ValidationError

from models.config import Refused
from playground.tasks import IGNORE, TOPOLOGIES, Text
from playground.tasks.corpus import built_in, corpus

PANGRAM = "The quick brown fox jumps over the lazy dog. "
OWN = "".join(f"{n}: {PANGRAM}\n" for n in range(40))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def own(text=OWN, **settings):
    return Text(source="own", text=text, **{"length": 16, **settings})


def refusal(**settings):
    with pytest.raises(ValidationError) as caught:
        own(**settings)
    error = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(error, Refused)
    assert error.field == "text"
    return error.sentence


def test_the_corpus_is_the_text_with_only_its_printable_characters():
    data = corpus("a\tb\r\nc\x00 ▢d␣")
    assert said(data) == "a b\nc d"
    assert data.characters == tuple(sorted(data.characters))
    assert data.commonest == pytest.approx(2 / 7)
    assert data.dropped == 3


def said(data) -> str:
    return "".join(data.characters[i] for i in data.ids_N.tolist())


def test_every_space_is_a_space_every_line_end_a_line_end_and_joiners_stay():
    spaces = "\u00a0\u2009\u202f\u3000\t"
    assert said(corpus("10" + spaces + "000")) == "10" + " " * len(spaces) + "000"
    assert said(corpus("one\rtwo\u2028three\u0085four\r\nfive")) == "one\ntwo\nthree\nfour\nfive"
    assert said(corpus("می\u200cخواهم")) == "می\u200cخواهم"
    assert said(corpus("cafe\u0301")) == "café"
    told = own("x\u00ady\x07" * 100 + "z" * 100).build().description
    assert told == "Predict characters of your own text. 200 characters that cannot be shown were left out."


def test_of_a_large_alphabet_the_commonest_are_outputs_and_the_rest_is_one():
    common, rare = [chr(0x4E00 + n) for n in range(900)], [chr(0x6000 + n) for n in range(700)]
    made = own("".join(common) * 3 + "".join(rare)).build()
    assert made.characters == 1000
    assert "Each of the 999 commonest characters is an output; the 601 rarer ones are one, �." in made.description
    assert made.encode(common[5] + rare[-1]) == [made.id[common[5]], made.id["�"]]
    assert made.batch(4, seeded(), "decoder-only").ids_BT.shape == (4, 16)


def test_the_built_in_corpus_is_pythons_help_and_is_read_once():
    data = Text().corpus()
    assert data is Text(length=32).corpus()
    text = "".join(data.characters[i] for i in data.ids_N.tolist())
    assert text == built_in().replace("\t", " ").translate(dict.fromkeys(map(ord, "▢▸␣↵")))
    assert len(text) > 300_000
    assert data.commonest == text.count(" ") / len(text)


def test_a_corpus_is_not_kept_for_ever():
    assert 0 < corpus.cache_info().maxsize <= 16


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_training_reads_the_first_nine_tenths_and_validation_the_last(topology):
    letters = "abcdefghij" * 40 + "\n"
    text = letters * 9 + letters.upper()[:-1] * 1
    made = own(text).build()
    for split, inside in (("train", letters), ("validation", letters.upper())):
        batch = made.batch(500, seeded(), topology, split=split)
        for tensor in (batch.ids_BT, batch.targets_BT, batch.source_BS):
            if tensor is not None:
                shown = made.decode(i for i in tensor.unique().tolist() if i != IGNORE)
                assert set(shown) <= {*inside, "▢", "▸"}
                assert set(shown) & set(inside)


def test_windows_reach_both_ends_of_both_parts():
    made = own("".join(chr(0x4E00 + n) for n in range(300))).build()
    for split, first, last in (("train", 0, 269), ("validation", 270, 299)):
        batch = made.batch(20000, seeded(), "decoder-only", split=split)
        assert (batch.ids_BT.min(), batch.targets_BT.max()) == (first, last)


def test_a_decoder_predicts_every_next_character():
    made = own().build()
    batch = made.batch(64, seeded(), "decoder-only")
    for ids, targets in zip(batch.ids_BT, batch.targets_BT, strict=True):
        passage = made.decode([*ids, targets[-1]])
        assert passage in OWN
        assert made.decode(targets) == passage[1:]


@pytest.mark.parametrize("ratio", [0.15, 0.25, 0.5])
def test_an_encoder_fills_in_the_share_that_was_asked_for(ratio):
    made = own(length=40, mask_ratio=ratio).build()
    batch = made.batch(64, seeded(), "encoder-only")
    blank_BT = batch.ids_BT == made.id["▢"]
    assert blank_BT.equal(batch.targets_BT != IGNORE)
    assert (blank_BT.sum(1) == round(ratio * 40)).all()
    for row in batch.ids_BT.where(~blank_BT, batch.targets_BT):
        assert made.decode(row) in OWN


@pytest.mark.parametrize("length", [16, 17])
def test_an_encoder_decoder_writes_the_second_half_of_the_passage(length):
    made = own(length=length).build()
    batch = made.batch(64, seeded(), "encoder-decoder")
    assert batch.source_BS.shape[1] + batch.targets_BT.shape[1] == length
    for source, ids, targets in zip(batch.source_BS, batch.ids_BT, batch.targets_BT, strict=True):
        assert made.decode([*source, *targets]) in OWN
        assert made.decode(ids) == "▸" + made.decode(targets[:-1])


def test_spaces_and_newlines_are_shown_by_signs_and_decoded_as_themselves():
    made = own().build()
    assert {"␣", "↵"} < set(made.vocabulary)
    assert not {" ", "\n"} & set(made.vocabulary)
    assert made.decode(made.encode("The dog.\n")) == "The dog.\n"
    assert made.encode("The␣dog.↵") == made.encode("The dog.\n")


def test_guessing_is_always_naming_the_commonest_character():
    made = own("ab" * 100 + "c" * 300 + "abc" * 20).build()
    tail = ("c" * 300 + "abc" * 20)[-56:]
    assert made.chance == pytest.approx(max(tail.count(c) for c in "abc") / 56)  # of the held-out tenth
    assert made.floor is None
    assert made.bits == "bits per character"
    tail = OWN[-round(0.1 * len(OWN)) :]
    assert math.isclose(own().build().chance, max(map(tail.count, set(tail))) / len(tail))


def test_a_text_too_short_for_its_context_is_refused_with_both_numbers():
    assert refusal(text="x" * 169).startswith("The text has 169 characters; a context of 16")
    assert "at least 170" in refusal(text="x" * 169)
    assert "has 0 characters" in refusal(text="")
    assert "has 0 characters" in refusal(text="\x00\x07" * 500)
    made = own("xy" * 85).build()  # the shortest that is accepted has one window to validate on
    assert made.batch(4, seeded(), "decoder-only", split="validation").ids_BT.shape == (4, 16)


def test_a_text_above_a_million_characters_is_refused():
    with pytest.raises(ValidationError, match="at most 1000000 characters"):
        own(text="x" * 1_000_001)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "2 to 16"),
        ("x", "2 to 16"),
        ("T" * 17, "this is 17"),
        ("The ▢ox", "Leave out ▢"),
        ("Thé", "does not know 'é'"),
    ],
)
def test_a_typed_text_that_cannot_be_shown_is_refused(typed, sentence):
    with pytest.raises(ValueError, match=sentence):
        own().build().probe("decoder-only", typed)


def test_all_of_a_typed_text_is_read_and_only_what_follows_it_is_not_scored():
    made = own().build()
    batch = made.probe("decoder-only", "The dog")
    assert made.decode(batch.ids_BT[0]) == "The dog"
    assert made.decode(batch.targets_BT[0, :-1]) == "he dog"
    assert batch.targets_BT[0, -1] == IGNORE
