"""The tensors and the text of a run file are those of its run, or a sentence says what is wrong with them."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load, save

from playground.runs.archive.format import dump, read
from playground.settings.limits import too_large
from playground.tasks.text import LONGEST
from tests.playground.test_archive import rewritten, taken


@pytest.fixture(scope="module")
def data() -> bytes:
    return dump(taken())


def stretched(name: str, tensors: dict[str, torch.Tensor]) -> None:
    tensors[name] = torch.zeros(7, 7)


def doubled(name: str, tensors: dict[str, torch.Tensor]) -> None:
    tensors[name] = tensors[name].double()


SPOILT = {
    "a wrong shape": (stretched, "has shape"),
    "another type": (doubled, "does not fit its config"),
    "one that is missing": (lambda name, tensors: tensors.pop(name), "is missing"),
    "one too many": (lambda name, tensors: tensors.update({"30.model.wings": torch.zeros(2)}), "30.model.wings"),
    "an infinite one": (lambda name, tensors: tensors[name].view(-1).__setitem__(0, torch.inf), "not finite"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_tensors_that_are_not_those_of_the_run_are_refused(name, data):
    spoil, sentence = SPOILT[name]
    length, tensors = int.from_bytes(data[:8], "little"), load(data)
    spoil(next(each for each in tensors if each.startswith("30.model.")), tensors)
    with pytest.raises(ValueError, match=sentence):
        read(save(tensors, json.loads(data[8 : 8 + length])["__metadata__"]))


TEXTS = [(LONGEST + 8, "Own text: string should have at most 1000000 characters"), (800, "does not fit its config")]


@pytest.mark.parametrize(("characters", "sentence"), TEXTS)  # a short one is taken; then the weights do not fit
def test_a_text_inside_is_no_longer_than_one_that_is_pasted(characters, sentence, data):
    own = {"kind": "text", "length": 16, "source": "own", "text": "abcdefgh" * (characters // 8)}
    with pytest.raises(ValueError, match=sentence):
        read(rewritten(data, lambda written: written["config"].update(task=own)), too_large)
