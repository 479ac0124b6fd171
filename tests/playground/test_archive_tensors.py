"""The tensors and the text of a run file are those of its run, or a sentence says what is wrong with them."""

from __future__ import annotations

import json
import time

import pytest
import torch
from safetensors.torch import load, save

from playground.runs.archive import format as archive
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
    "a wrong shape": (stretched, "of shape \\[7, 7\\]"),
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


def metrics(row: int, column: int, value: float):
    return lambda tensors: tensors["metrics"][row].__setitem__(column, value)


NUMBERS = {
    "a loss that no run can have": (metrics(4, 1, 1e308), "metrics.4 is wrong"),
    "an infinite gradient": (metrics(4, 3, torch.inf), "metrics.4 is wrong"),
    "a loss that is none": (metrics(0, 1, torch.nan), "metrics.0 is wrong"),
    "an accuracy above one": (metrics(7, 2, 1.5), "metrics.7 is wrong"),
    "half a step": (metrics(3, 0, 3.5), "metrics.3 is wrong"),
    "another step": (metrics(3, 0, 4.0), "one row for each"),
    "rows too few": (lambda tensors: tensors.update(metrics=tensors["metrics"][1:]), "metrics of step 30 is F64"),
    "no metrics": (lambda tensors: tensors.pop("metrics"), "metrics of step 30 is missing"),
    "a generator that is none": (lambda tensors: tensors["30.data"].fill_(255), "the state of step 30 is none"),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_no_run_has_are_refused(name, data):
    spoil, sentence = NUMBERS[name]
    length, tensors = int.from_bytes(data[:8], "little"), load(data)
    spoil(tensors)
    with pytest.raises(ValueError, match=sentence):
        read(save(tensors, json.loads(data[8 : 8 + length])["__metadata__"]))


def test_numbers_that_fp32_can_hold_are_read(data):
    length, tensors = int.from_bytes(data[:8], "little"), load(data)
    tensors["metrics"][5, 1] = torch.finfo(torch.float32).max
    assert read(save(tensors, json.loads(data[8 : 8 + length])["__metadata__"])).history.metrics[5].loss > 1e38


def crowded(data: bytes, many: int) -> bytes:
    """The file with so many tensors of nothing more."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    end = len(data) - 8 - length
    header |= {f"x{i}": {"dtype": "F32", "shape": [0], "data_offsets": [end, end]} for i in range(many)}
    text = json.dumps(header, separators=(",", ":")).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


CROWDS = [(60_000, "no place for: 'x0'"), (120_000, "too many parts")]


@pytest.mark.parametrize(("many", "sentence"), CROWDS)
def test_a_crowd_of_tensors_is_refused_before_one_of_them_is_made(many, sentence, monkeypatch, data):
    monkeypatch.setattr(archive, "load", lambda data: pytest.fail("the tensors were made"))
    began, file = time.thread_time(), crowded(data, many)
    made, began = time.thread_time() - began, time.thread_time()
    with pytest.raises(ValueError, match=sentence):
        read(file)
    assert time.thread_time() - began < 2 + made  # no slower than writing it


def test_a_header_of_nothing_but_lists_is_not_read():
    text = b'{"a":[' + b"[]," * 2_000_000 + b"[]]}"
    began = time.thread_time()
    with pytest.raises(ValueError, match="too many parts"):
        read(len(text).to_bytes(8, "little") + text)
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize("noted", [None, 5, {"dtype": "F32"}, {"dtype": ["F32"], "shape": {"a": 1}}])
def test_what_is_said_of_a_tensor_may_be_anything(noted, data):
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header["30.data"] = noted
    text = json.dumps(header).encode()
    with pytest.raises(ValueError, match="does not fit its config"):
        read(len(text).to_bytes(8, "little") + text + data[8 + length :])


def test_four_thousand_changes_are_checked_a_few_at_a_time(data):
    many = rewritten(data, lambda w: w.update(turns=[[i % 31, "training.lr", 1e-5 * (i + 1)] for i in range(4000)]))
    longest, then = 0.0, time.thread_time()
    for _ in archive.reading(many, too_large):
        longest, then = max(longest, time.thread_time() - then), time.thread_time()
    assert longest < 0.5
