"""A run can be taken away as a file and brought back; what is no such file is refused with a sentence."""

from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from playground.runs.archive import format as archive
from playground.runs.archive.format import dump, read
from playground.runs.run import Run
from playground.settings import limits
from tests.playground.test_fork import MIXED, same, trained
from tests.playground.test_run import SMALL, run_of


def taken(steps: int = 30, **changes) -> Run:
    run = run_of(**changes)
    run.checkpoints.every = 10
    trained(run, steps)
    return run


@pytest.fixture(scope="module")
def data() -> bytes:
    return dump(taken())


def rewritten(data: bytes, change) -> bytes:
    """The file with its metadata changed in place."""
    length = int.from_bytes(data[:8], "little")
    written = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["run"])
    change(written)
    return save(load(data), {"run": json.dumps(written)})


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD", "Muon"])
def test_a_run_that_was_read_goes_on_bit_for_bit(optimizer):
    run = taken(model={**SMALL["model"], "dropout": 0.1}, training={**SMALL["training"], "optimizer": optimizer})
    other = read(dump(run))
    assert same(run, other)
    assert other.history.metrics == run.history.metrics
    assert trained(run, 30) == trained(other, 30)
    assert same(run, other)
    assert not same(run, taken(model={**SMALL["model"], "dropout": 0.1}))  # null check


def test_live_settings_marks_and_forks_come_back_too():
    run = taken()
    run.retune(lr=0.01)
    trained(run, 12)
    other = read(dump(run))
    assert other.now == run.now
    assert other.history.marks == run.history.marks
    assert other.history.changes == run.history.changes
    assert same(run.fork(25), other.fork(25))


def test_pictures_are_made_again_as_they_were():
    run = taken()
    other = read(dump(run))
    assert [s.step for s in other.history.snapshots] == [10, 20, 30]
    for step in (10, 30):
        mine, its = run.history.nearest(step), other.history.nearest(step)
        for name in mine.maps:
            np.testing.assert_array_equal(mine.maps[name], its.maps[name])


def test_a_run_before_its_first_update_and_one_with_experts_can_be_kept():
    assert same(run_of(), read(dump(run_of())))
    from playground.settings.presets import changed

    mixed = Run(changed("collapse", MIXED))
    trained(mixed, 5)
    assert same(mixed, read(dump(mixed)))


def zipped() -> bytes:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("weights", b"\0" * 2**22)
    return bomb.getvalue()


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


FOREIGN = {
    "a zip bomb": (zipped(), "zip archive"),
    "a pickle": (pickle.dumps(Trap()), "pickle"),
    "a torch file": (None, "zip archive"),
    "nothing": (b"", "too short"),
    "a text": (b"step,loss\n1,2\n" * 40, "too large, too short or cut off"),
    "other tensors": (save({"weight": torch.zeros(3)}), "names no run"),
    "a huge header": ((2**40).to_bytes(8, "little") + b"{}" * 100, "cut off"),
    "deep JSON": ((20_000).to_bytes(8, "little") + b"[" * 20_000, "names no run"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_files_are_refused_and_nothing_runs(name):
    data, sentence = FOREIGN[name]
    if data is None:
        file = io.BytesIO()
        torch.save({"trap": Trap()}, file)
        data = file.getvalue()
    with pytest.raises(ValueError, match=sentence):
        read(data)


def longer(written) -> None:
    written["config"]["model"]["width"] = 32


BROKEN = {
    "another width": (longer, "does not fit its config"),
    "a width out of bounds": (lambda w: w["config"]["model"].update(width=10**9), "does not hold together"),
    "too large for the page": (lambda w: w["config"]["training"].update(batch=4000), "too large for the page"),
    "an unknown setting": (lambda w: w["config"].update(wings=2), "no setting called"),
    "an unknown key": (lambda w: w.update(code="print()"), "code is wrong"),
    "another format": (lambda w: w.update(format="else"), "format is wrong"),
    "a number that is text": (lambda w: w["metrics"][0].__setitem__(1, "much"), "metrics.0 is wrong"),
    "no metrics": (lambda w: w.update(metrics=[]), "metrics is wrong"),
    "a step it has no state of": (lambda w: w.update(step=31), "not those of its steps"),
    "a state left out": (lambda w: w.update(checkpoints=w["checkpoints"][1:]), "no place for"),
    "a live setting that is none": (
        lambda w: w.update(turns=[[3, "model.width", 8]]),
        "not live",
    ),
    "a live setting beyond the page": (
        lambda w: w.update(turns=[[3, "training.steps", 900_000]]),
        "too large for the page",
    ),
    "more metrics than steps": (lambda w: w["metrics"].insert(3, w["metrics"][3]), "one row for each"),
    "metrics of later steps": (lambda w: w["metrics"][-1].__setitem__(0, 31), "one row for each"),
    "a change of nothing": (lambda w: w.update(changes=[[3, "model.wings", 8]]), "a setting that it does not have"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_damaged_files_are_refused_with_a_sentence(name, data):
    change, sentence = BROKEN[name]
    with pytest.raises(ValueError, match=sentence):
        read(rewritten(data, change), limits.too_large)


def test_a_file_cut_short_and_one_with_a_number_that_is_none_are_refused(data):
    with pytest.raises(ValueError, match="damaged"):
        read(data[:-100])
    length = int.from_bytes(data[:8], "little")
    tensors, meta = load(data), json.loads(data[8 : 8 + length])["__metadata__"]
    name = next(name for name in tensors if ".model." in name)
    tensors[name].view(-1)[0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        read(save(tensors, meta))


@pytest.mark.parametrize("start", [b"\x80", b"PK"])
def test_a_file_whose_first_bytes_are_by_chance_those_of_another_format_is_read(start, data):
    tensors, text = load(data), json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["run"]
    length = int.from_bytes(save(tensors, {"run": text})[:8], "little")
    wanted = int.from_bytes(start, "little")
    more = (wanted - length) % 256 ** len(start)
    padded = save(tensors, {"run": text + " " * more})
    assert padded.startswith(start)
    assert read(padded).step == 30


def test_more_states_than_a_run_keeps_and_more_steps_than_the_page_makes_are_refused(monkeypatch, data):
    monkeypatch.setattr(archive.Checkpoint, "size", lambda state: 17 * 2**20)
    with pytest.raises(ValueError, match="more states than a run keeps"):
        read(data)
    monkeypatch.undo()
    monkeypatch.setattr(limits, "STEPS", 29)
    with pytest.raises(ValueError, match="made 30 updates of 29"):
        read(data, limits.too_large)
