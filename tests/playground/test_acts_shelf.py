"""Forks and the shelf as presses: what makes another run the page's is a job, and what cannot be done is said."""

from __future__ import annotations

import json

from playground.acts import run, shelf
from playground.visitors.event import Event
from playground.visitors.session import Session
from tests.playground.jobs import advance, finish
from tests.playground.small import trained


def press(session, act, data=b"", **fields):
    return act(session, Event(fields, data))


def test_a_fork_stops_the_run_and_then_has_the_page():
    session = trained(8)
    press(session, run.play)
    press(session, run.seek, step=6)
    press(session, shelf.fork)
    assert not session.running
    advance(session, "open", 2)
    told = shelf.opening(session, charts=True)
    assert set(told) == {"transport"}
    assert "Computing 5 updates again" in told["transport"]["note"]
    finish(session, "open")
    shown = shelf.opening(session, charts=True)
    assert shown["transport"]["step"] == 5
    assert shown["column"]["n_pending"] == 0
    assert len(json.loads(shown["shelf"]["rows"])) == 2
    assert json.loads(shown["transport"]["note"])["actions"] == [["both", "Train both"]]


def test_a_fork_that_cannot_be_says_why_under_the_transport():
    session = trained(2)
    session.edit("model.attention.heads", 3)
    press(session, shelf.fork)
    finish(session, "open")
    assert session.notice.startswith("Not forked: ")
    blank = Session()
    press(blank, shelf.fork)
    finish(blank, "open")
    assert "no run to fork" in shelf.opening(blank, charts=True)["transport"]["note"]


def test_runs_are_reopened_and_removed_and_what_is_not_there_is_said_on_the_shelf():
    session = trained(3)
    first = session.run
    press(session, shelf.fork)
    finish(session, "open")
    press(session, shelf.reopen, id=1)
    finish(session, "open")
    assert session.run is first
    for number in (7, "1", None, [1], {}, 10**30, True):
        press(session, shelf.reopen, id=number)
        finish(session, "open")
        assert "not on the shelf" in shelf.opening(session, charts=True)["shelf"]["problem"]
        assert "not on the shelf" in press(session, shelf.remove, id=number)["shelf"]["problem"]
        assert session.run is first
    assert press(session, shelf.see)["shelf"]["problem"] == ""
    assert len(json.loads(press(session, shelf.remove, id=2)["shelf"]["rows"])) == 1


def test_a_run_is_saved_as_a_file_and_opened_again():
    session = trained(4)
    told = press(session, shelf.save, id=1)
    name, data = told["~file"]
    assert name == "run-1-induction-step-4.safetensors"
    assert "~file" not in press(session, shelf.save, id=9)
    assert session.shelf.problem
    other = Session()
    press(other, shelf.upload, data)
    finish(other, "open")
    assert other.run.step == 4
    assert other.notice.startswith("The file is open, at step 4.")
    press(other, shelf.upload, b"nothing")
    finish(other, "open")
    assert shelf.opening(other, charts=True)["shelf"]["problem"].endswith(".")
    assert other.run.step == 4


def test_an_error_that_nobody_expected_leaves_the_run_and_a_sentence(monkeypatch):
    session = trained(3)
    kept = session.run

    def fail(*args):
        raise RuntimeError("no memory")

    monkeypatch.setattr(kept, "forking", fail)
    press(session, shelf.fork)
    finish(session, "open")
    assert session.notice.startswith("Stopped by an error: RuntimeError: no memory. The run is at step 3.")
    assert session.run is kept
    press(session, run.play)
    advance(session, "train", 2)
    assert kept.step == 5


def test_numbers_are_a_text_file_and_runs_are_compared():
    session = trained(3)
    assert press(session, shelf.numbers, id=1, kind="csv")["download"]["name"].endswith(".csv")
    assert press(session, shelf.numbers, id=1, kind=["x"])["download"]["name"].endswith(".json")
    assert "download" not in press(session, shelf.numbers, id=5)
    press(session, shelf.both)
    assert "not on the shelf any more" in session.notice
    press(session, shelf.fork)
    finish(session, "open")
    session.edit("training.lr", 0.001)
    assert press(session, shelf.both)["shelf"]["compared"] == 1
    for wrong in ([1], "12", None, [1, 9], list(range(1000))):
        assert press(session, shelf.compare, ids=wrong)["shelf"]["problem"]
