"""The shelf keeps a few runs, says what sets them apart, and lets the oldest go."""

from __future__ import annotations

import pytest

from playground.runs.run import Run
from playground.settings.presets import changed
from playground.visitors import shelf as module
from playground.visitors.shelf import MOST, Kept, Shelf

SMALL = {"model.width": 16, "model.attention.heads": 2, "training.batch": 4, "training.examples": 8}


def run_of(**changes) -> Run:
    return Run(changed("copy", {**SMALL, **changes}))


def test_a_name_is_the_preset_and_what_differs_from_it():
    shelf = Shelf()
    plain = shelf.add(Run(changed("copy", {})), "copy")
    small = shelf.add(run_of(**{"model.layers": 1}), "copy")
    assert plain.name() == "Copy"
    assert small.name() == "Copy: layers 1, width 16, query heads 2 and 2 more"


def test_the_oldest_goes_and_numbers_are_not_given_twice():
    shelf, run = Shelf(), run_of()
    runs = [run, *(run.fork() for _ in range(MOST))]
    for one in runs:
        shelf.add(one, "copy")
    assert [k.id for k in shelf.kept] == list(range(2, MOST + 2))
    with pytest.raises(ValueError, match="not on the shelf any more"):
        shelf.take(1)
    shelf.remove(5)
    assert shelf.add(run, "copy").id == MOST + 2
    assert len(shelf.kept) == MOST


def test_what_finds_no_room_is_given_back(monkeypatch):
    shelf, run = Shelf(), run_of()
    for _ in range(MOST):
        assert shelf.put(Kept(next(shelf.numbers), "copy", run)) == []
    oldest = shelf.kept[0]
    assert shelf.put(Kept(99, "copy", run)) == [oldest]
    assert shelf.put(Kept(99, "copy", run)) == []  # in its own place
    monkeypatch.setattr(module, "BYTES", 1)
    assert len(shelf.put(Kept(100, "copy", run))) == MOST
    assert [kept.id for kept in shelf.kept] == [100]


def test_a_run_is_put_aside_once():
    shelf, run = Shelf(), run_of()
    assert shelf.add(run, "copy") == shelf.add(run, "copy", "again")
    assert len(shelf.kept) == 1


def test_memory_is_bounded_but_the_newest_stays(monkeypatch):
    run = run_of()
    one = Shelf().add(run, "copy").bytes()
    monkeypatch.setattr(module, "BYTES", int(2.5 * one))
    shelf = Shelf()
    for each in (run, run.fork(), run.fork(), run.fork()):
        shelf.add(each, "copy")
    assert [k.id for k in shelf.kept] == [3, 4]
    monkeypatch.setattr(module, "BYTES", 1)
    assert shelf.add(run.fork(), "copy").id == 5
    assert [k.id for k in shelf.kept] == [5]


def test_rows_are_what_was_measured():
    shelf, run = Shelf(), run_of()
    list(run.train(20))
    entry = shelf.add(run, "copy", "fork of 3 at step 10")
    last = run.history.validations()[-1]
    row = [
        entry.id,
        entry.name(),
        "fork of 3 at step 10",
        20,
        last.validation_loss,
        last.validation_accuracy,
        entry.bytes(),
    ]
    assert shelf.rows() == [row]
    parameters = sum(p.numel() for p in run.model.parameters())
    assert entry.bytes() >= 16 * parameters
