"""The tab of the two matrices, the files, and the controls of the Embeddings page."""

import json

import numpy as np
import pytest
import torch

from playground.laboratories.embeddings import tries
from playground.laboratories.embeddings.dense import view as dense
from playground.laboratories.embeddings.live import forms, saved
from playground.settings.edited import Edited
from playground.words.lab import WordLab
from playground.words.settings import WordSettings

SMALL = {"sentences": 300, "model": {"dimension": 8, "epochs": 2}}


@pytest.fixture
def lab() -> WordLab:
    made = WordLab(Edited(WordSettings.model_validate(SMALL)))
    made.ready()
    return made


@pytest.mark.parametrize(
    ("typed", "words", "says"),
    [
        ("dog, cat;RED  dog", ["dog", "cat", "red"], ""),
        ("dog, unicorn, cat", ["dog", "cat"], "“unicorn”"),
        ("dog", None, "two words or more"),
        ("", None, ""),
        ("qqq " * 10, None, "“qqq”"),
    ],
)
def test_words_to_compare_are_read_as_typed(lab, typed, words, says):
    found, error = dense.typed(lab.training, typed)
    assert found == words or (words is None and len(found) > 2)
    assert says in error
    assert bool(says) == bool(error)


def test_one_hot_pairs_are_0_and_dense_ones_are_the_cosines_of_the_run(lab):
    lab.training.advance(500)
    lab.compared, lab.kind = "dog cat red the", "CBOW"
    value = dense.value(lab)
    assert json.loads(value["hot"]) == np.eye(4).tolist()
    vectors = lab.training.models["CBOW"].vectors
    for i, a in enumerate(("dog", "cat", "red", "the")):
        for j, b in enumerate(("dog", "cat", "red", "the")):
            cosine = torch.cosine_similarity(vectors[lab.training.text.id(a)], vectors[lab.training.text.id(b)], dim=0)
            assert json.loads(value["dense"])[i][j] == pytest.approx(float(cosine), abs=1e-3)
    assert json.loads(value["sizes"]) == [len(lab.training.text.vocabulary), 8]
    lab.compared = " ".join(lab.training.text.vocabulary[:30])
    assert len(json.loads(dense.value(lab)["words"])) == dense.MOST


@pytest.mark.parametrize("what", saved.WHAT)
def test_files_hold_a_row_for_every_word(lab, what):
    lab.training.finish()
    rows = saved.value(lab, what, "CBOW")["text"].splitlines()
    assert len(rows) == len(lab.training.text.vocabulary) + (what != "vectors")
    if what == "vectors":
        np.testing.assert_allclose([float(x) for x in rows[3].split("\t")], lab.training.models["CBOW"].vectors[3])
    with pytest.raises(ValueError, match="no such file"):
        saved.value(lab, what, "GloVe")
    with pytest.raises(ValueError, match="no such file"):
        saved.value(lab, "pickle", "CBOW")


def test_every_field_has_a_control_and_those_of_other_corpora_are_hidden(lab):
    shown = {row["name"] for rows in forms.FORMS.values() for row in rows} - {"upload"}
    fields = {f"model.{name}" for name in type(lab.edited.config.model).model_fields} - {"model.kind"}
    assert shown == fields | set(WordSettings.model_fields) - {"model"}
    assert json.loads(forms.values(lab)["Words: Corpus"]["hidden"]) == ["text", "upload"]
    lab.training.advance(50)
    lab.edit("corpus", "own text")
    lab.edit("model.dimension", 9)
    made = forms.values(lab)
    assert json.loads(made["Words: Corpus"]["hidden"]) == ["sentences"]
    assert json.loads(made["Words: Training"]["marks"]) == {"model.dimension": ["pending", "The run has 8."]}
    lab.edit("model.window", 99)
    assert json.loads(forms.values(lab)["Words: Training"]["marks"])["model.window"][0] == "error"


def test_everything_to_try_is_a_setting_that_the_page_allows():
    for _, changes, _ in tries.TRIES:
        edited = Edited(WordSettings())
        for path, value in changes.items():
            edited.edit(path, value)
            assert edited.problems == {}
