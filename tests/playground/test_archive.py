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

from playground.compute.precision import Precision
from playground.runs.archive import format as archive
from playground.runs.archive.format import dump, read
from playground.runs.run import Run
from playground.settings import limits
from playground.settings.presets import changed
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


def said(data: bytes) -> dict:
    """The metadata of a file."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["run"])


def rewritten(data: bytes, change) -> bytes:
    """The file with its metadata changed in place."""
    written = said(data)
    change(written)
    return save(load(data), {"run": json.dumps(written)})


def of_old(data: bytes, change=lambda written: None) -> bytes:
    """The same run as format 1 had it, with the metrics in the header, then changed."""
    tensors, written = load(data), said(data)
    rows = [[int(row[0]), *(None if x != x else x for x in row[1:])] for row in tensors.pop("metrics").tolist()]
    del written["precision"]
    written |= {"format": "transformer-playground run 1", "metrics": rows}
    change(written)
    return save(tensors, {"run": json.dumps(written)})


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
    mixed = Run(changed("collapse", MIXED))
    trained(mixed, 5)
    assert same(mixed, read(dump(mixed)))


def loaded() -> Run:
    run = Run(changed("collapse", MIXED))
    trained(run, 6)
    return run


def test_the_loads_of_experts_are_part_of_the_file():
    run = loaded()
    back = read(dump(run))
    before, after = run.history.loads, back.history.loads
    assert (after.names, after.stride, len(after.updates)) == (before.names, before.stride, 6)
    for one, other in zip(before.updates, after.updates, strict=True):
        assert one.step == other.step
        for layer, read_ in zip(one.layers, other.layers, strict=True):
            assert np.array_equal(layer.demand_E, read_.demand_E)
            assert np.array_equal(layer.load_E, read_.load_E)
            assert layer.losses == pytest.approx(read_.losses)
    trained(back, 2)
    assert [update.step for update in back.history.loads.updates] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert dump(taken(3)).find(b"loads.steps") < 0


SPOILT = {
    "more taken than asked for": lambda t: t["loads.0"][2, 1].add_(1),
    "fewer than none": lambda t: t["loads.0"][2, 0].sub_(1000),
    "steps that fall": lambda t: t["loads.steps"][3].sub_(2),
    "a step that was not made": lambda t: t["loads.steps"][5].add_(9),
    "losses that are no numbers": lambda t: t["loads.0.losses"][1].fill_(float("nan")),
    "other experts": lambda t: t.update({"loads.0": t["loads.0"][:, :, :-1].contiguous()}),
    "a layer fewer": lambda t: t.pop("loads.0"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_loads_that_no_run_has_are_refused(name):
    data = dump(loaded())
    length, tensors = int.from_bytes(data[:8], "little"), load(data)
    SPOILT[name](tensors)
    with pytest.raises(ValueError, match=r"its loads are not|does not fit its config"):
        read(save(tensors, json.loads(data[8 : 8 + length])["__metadata__"]))
    dense = dump(taken(3))
    said_ = {"names": ["L0"], "stride": 1, "updates": 1, "losses": False}
    with pytest.raises(ValueError, match="its model has none"):
        read(rewritten(dense, lambda written: written.update(loads=said_)))


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


def turned(path: str, *values):
    return lambda written: written.update(turns=[[3 + i, path, value] for i, value in enumerate(values)])


BROKEN = {
    "another width": (longer, "does not fit its config"),
    "a width out of bounds": (lambda w: w["config"]["model"].update(width=10**9), "does not hold together"),
    "too large for the page": (lambda w: w["config"]["training"].update(batch=4000), "too large for the page"),
    "an unknown setting": (lambda w: w["config"].update(wings=2), "no setting called"),
    "an unknown key": (lambda w: w.update(code="print()"), "code is wrong"),
    "another format": (lambda w: w.update(format="else"), "format is wrong"),
    "metrics in two places": (lambda w: w.update(metrics=[[0] * 9] * 31), "one row for each"),
    "a step it has no state of": (lambda w: w.update(step=31), "not those of its steps"),
    "a state left out": (lambda w: w.update(checkpoints=w["checkpoints"][1:]), "no place for"),
    "a live setting that is none": (
        lambda w: w.update(turns=[[3, "model.width", 8]]),
        "not live",
    ),
    "a live setting beyond the page": (turned("training.steps", 900_000), "too large for the page"),
    "one that was beyond it for a while": (turned("training.steps", 900_000, 100), "too large for the page"),
    "a live setting out of bounds": (turned("training.lr", 1e30), "to what it cannot be"),
    "one that is a text": (turned("training.lr", "much"), "to what it cannot be"),
    "one that is too large to be a number": (turned("training.steps", 10**400), "turns.0 is wrong"),
    "a state of a later step": (lambda w: w["checkpoints"].append([31, 0]), "not those of its steps"),
    "more turns than a run has": (lambda w: w.update(turns=[[3, "training.lr", 0.1]] * 4001), "turns is wrong"),
    "more marks than a run has": (lambda w: w.update(marks=[[3, "x"]] * 4001), "marks is wrong"),
    "more tokens than there are": (lambda w: w.update(tokens=2**64), "tokens is wrong"),
    "a mark that is no text": (lambda w: w.update(marks=[[3, "\ud800"]]), "its header is wrong"),
    "another precision": (lambda w: w["precision"].update(name="fp4"), "precision.name is wrong"),
    "a change of nothing": (lambda w: w.update(changes=[[3, "model.wings", 8]]), "a setting that it does not have"),
}


@pytest.fixture(autouse=True)
def hosted(monkeypatch):
    monkeypatch.setattr(limits, "LIMITS", limits.HOSTED)
    monkeypatch.setattr(limits, "STEPS", limits.HOSTED.steps)


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


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD", "Muon"])
def test_what_a_state_consists_of_is_what_it_has_after_an_update(optimizer):
    changes = {"training": {**SMALL["training"], "optimizer": optimizer}}
    fresh, moved = run_of(**changes), taken(1, **changes)
    shapes, there = archive._shapes(fresh), archive._named(moved.state())
    assert {name: (t.shape, t.dtype) for name, t in shapes.items()} == {n: (t.shape, t.dtype) for n, t in there.items()}


@pytest.mark.parametrize("optimizer", ["AdamW", "SGD", "Muon"])
def test_a_run_that_was_read_before_its_first_update_trains_as_it_would_have(optimizer):
    run = run_of(training={**SMALL["training"], "optimizer": optimizer})
    other = read(dump(run))
    assert trained(run, 10) == trained(other, 10)
    assert same(run, other)


def test_files_of_the_first_format_are_read(data):
    run, other = read(data), read(of_old(data))
    assert same(run, other)
    assert run.history.metrics == other.history.metrics


OLD = {
    "a number that is text": (lambda w: w["metrics"][0].__setitem__(1, "much"), "metrics.0 is wrong"),
    "a loss that no run can have": (lambda w: w["metrics"][4].__setitem__(1, 1e308), "metrics.4 is wrong"),
    "no metrics": (lambda w: w.update(metrics=[]), "one row for each"),
    "more metrics than steps": (lambda w: w["metrics"].insert(3, w["metrics"][3]), "one row for each"),
    "metrics of later steps": (lambda w: w["metrics"][-1].__setitem__(0, 31), "one row for each"),
}


@pytest.mark.parametrize("name", OLD)
def test_metrics_in_the_header_are_checked(name, data):
    change, sentence = OLD[name]
    with pytest.raises(ValueError, match=sentence):
        read(of_old(data, change))


def test_a_file_is_read_in_pieces_and_its_model_is_not_measured_again(monkeypatch, data):
    asked = []
    monkeypatch.setattr("playground.runs.run.measuring", lambda *args, **of: asked.append(args))
    steps = archive.reading(data, limits.too_large)
    assert sum(1 for _ in steps) >= 6
    assert not asked


def test_updates_go_on_in_the_numbers_that_the_file_names_where_that_is_asked_for(monkeypatch):
    config = run_of(training={**SMALL["training"], "precision": "auto"}).config
    run = Run(config, precision=Precision("bf16", "as it was"))
    trained(run, 5)
    data, probed = dump(run), []

    def choose(*_):
        probed.append(1)
        return run.precision._replace(name="fp32")

    monkeypatch.setattr("playground.runs.run.choose_precision", choose)
    woken = read(data, as_it_was=True)
    assert (woken.precision, probed) == (run.precision, [])
    assert trained(run, 5) == trained(woken, 5)
    assert (read(data).precision.name, probed) == ("fp32", [1])
    elsewhere = rewritten(data, lambda written: written["precision"].update(device="mps"))
    assert read(elsewhere, as_it_was=True).precision.name == "fp32"


def test_of_very_many_changes_the_newest_are_kept_and_the_setting_stays():
    run = taken(1)
    run.turns = {(0, "training.lr"): 0.5} | {(step, "training.clip"): float(step % 7) for step in range(5000)}
    run.step, run.history.metrics = 5000, [run.history.metrics[0]._replace(step=i) for i in range(5001)]
    other = read(dump(run))
    assert (other.now.training.lr, other.now.training.clip) == (0.5, 4999 % 7)
    assert len(other.turns) == 2002


def test_the_next_mark_after_reading_names_the_value_before():
    run = run_of()
    run.retune(lr=0.01)
    trained(run, 3)
    other = read(dump(run))
    for each in (run, other):
        each.retune(lr=0.02)
    assert other.history.marks == run.history.marks
