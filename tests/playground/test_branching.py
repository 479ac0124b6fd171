"""Runs beside the run: forked, put aside, opened again, kept as files, compared."""

from __future__ import annotations

import json

import pytest
import torch

from playground.lenses.learning import view as learning
from playground.runs.archive.format import dump
from playground.runs.slices import whole
from playground.settings import presets
from playground.views import shelf, transport
from playground.visitors.session import branching
from playground.visitors.shelf import MOST, Kept, farewell
from tests.playground.jobs import advance, finish
from tests.playground.small import tiny, trained


def weights(run) -> list[torch.Tensor]:
    return [p.detach().clone() for p in run.model.parameters()]


def test_a_fork_at_a_past_step_takes_the_page_and_the_run_goes_to_the_shelf():
    session = trained(10)
    parent, later = session.run, weights(session.run)
    session.shown = 4
    whole(session.forking())
    assert (session.run.step, session.shown) == (4, None)
    assert [kept.run for kept in session.runs()] == [session.run, parent]
    assert session.notice == "Run 2 is a fork of run 1 at step 4. Run 1 waits on the shelf."
    assert session.entry.origin == "fork of run 1 at step 4"
    assert [4, "fork of run 1"] in transport.marks(session)
    for _ in range(6):
        session.run.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(session.run), later, strict=True))


def test_what_waits_for_a_restart_comes_with_the_fork():
    session = trained(6)
    session.edit("model.layers", 1)
    assert session.pending()
    whole(session.forking())
    assert session.run.now.model.layers == 1
    assert session.run.step == 6
    assert not session.pending()
    assert "with what waited for a restart" in session.notice
    assert session.parent().run.now.model.layers == 2


def test_a_live_setting_is_what_it_was_at_the_step_of_the_fork():
    session = trained(3)
    before = session.run.training.lr
    session.edit("training.lr", before / 2)
    session.run.advance()
    session.shown = 2
    whole(session.forking())
    assert session.run.training.lr == before
    assert session.raw["training"]["lr"] == before


def test_a_fork_without_a_run_or_of_invalid_controls_is_refused_and_changes_nothing():
    session = tiny()
    with pytest.raises(ValueError, match="no run to fork"):
        whole(session.forking())
    session = trained(2)
    session.edit("model.attention.heads", 3)  # does not divide the width
    run = session.run
    with pytest.raises(ValueError, match=r"^Not forked: "):
        whole(session.forking())
    assert session.run is run
    assert not session.shelf.kept


def test_a_fork_that_would_compute_for_long_is_refused(monkeypatch):
    session = trained(8)
    monkeypatch.setattr(branching, "PATIENCE", 0.0)
    session.used = 8.0
    session.shown = 5
    with pytest.raises(ValueError, match="compute 5 updates again, about 5 s"):
        whole(session.forking())
    session.shown = None
    whole(session.forking())
    assert session.run.step == 8


def test_a_run_of_a_file_has_used_no_time_and_its_forks_are_refused_by_its_size(monkeypatch):
    session = trained(8)
    _, data = session.dump(1)
    whole(session.uploading(data))
    assert session.used == 0
    monkeypatch.setattr(branching, "step_seconds", lambda config: 1.8)
    session.shown = 5
    whole(session.forking())  # 9 s
    assert session.run.step == 5
    monkeypatch.setattr(branching, "PATIENCE", 5.0)
    session.shown = 4
    with pytest.raises(ValueError, match="compute 4 updates again, about 7 s"):
        whole(session.forking())


@pytest.mark.parametrize("replace", [lambda s: s.restart(), lambda s: (s.adopt("copy"), s.restart())])
def test_a_run_that_is_replaced_goes_to_the_shelf_once_it_has_made_a_step(replace):
    session = tiny()
    session.start()
    replace(session)
    assert not session.shelf.kept
    first = session.run
    session.run.advance()
    replace(session)
    assert [kept.run for kept in session.shelf.kept] == [first]
    assert len(session.runs()) == 2


def test_a_run_from_the_shelf_goes_on_where_it_was():
    session = trained(4)
    first = session.run
    session.used = 3.0
    session.adopt("copy")
    session.restart()
    session.run.advance()
    assert session.used < 1.0
    whole(session.reopening(1))
    assert (session.run, session.preset, session.used) == (first, "induction", 3.0)
    assert session.raw["model"]["width"] == 16
    assert [kept.id for kept in session.shelf.kept] == [2]
    session.run.advance()
    assert first.step == 5
    with pytest.raises(ValueError, match="not on the shelf"):
        whole(session.reopening(1))  # it is on the page


def test_a_run_file_names_its_preset_however_much_was_changed():
    session = trained(2)
    session.entry = session.entry._replace(preset="modular_addition")
    _, data = session.dump(session.entry.id)
    other = tiny()
    whole(other.uploading(data))
    assert other.preset == other.entry.preset == "modular_addition"
    session.run.preset = "of another version"
    unknown = tiny()
    whole(unknown.uploading(dump(session.run)))
    assert unknown.preset in presets.PRESETS


def test_a_file_comes_back_as_the_run_of_the_page_and_goes_on_alike():
    session = trained(5)
    name, data = session.dump(1)
    assert name == "run-1-induction-step-5.safetensors"
    session.run.advance()
    expected = weights(session.run)
    other = trained(2, "copy")
    whole(other.uploading(data))
    assert (other.run.step, other.preset, other.entry.origin) == (5, "induction", "uploaded")
    assert len(other.shelf.kept) == 1
    other.run.advance()
    assert all(torch.equal(a, b) for a, b in zip(weights(other.run), expected, strict=True))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: b"", "too short"),
        (lambda data: b"PK\x03\x04" + data, "zip archive"),
        (lambda data: data[: len(data) // 2], "damaged|cut off"),
        (lambda data: b"\x80\x04" + data, "pickle"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused_and_nothing_is_lost(spoil, said):
    session = trained(2)
    run = session.run
    with pytest.raises(ValueError, match=said):
        whole(session.uploading(spoil(dump(run))))
    assert session.run is run
    assert not session.shelf.kept


def test_runs_go_to_the_compare_page_unless_they_are_alike():
    session = trained(3)
    whole(session.forking())
    with pytest.raises(ValueError, match="Runs 1 and 2 have the same settings"):
        session.compare_runs([1, 2])
    session.edit("training.lr", 0.001)
    assert session.notice == session.branched  # the way to "Train both" stays
    session.compare_runs([1, 2])
    assert [v.label for v in session.compare.wanted] == ["run 1", "run 2"]
    assert all(v.file for v in session.compare.wanted)
    assert session.compared == 1
    for wrong in ([1], [1, 9], ["1", None]):
        with pytest.raises(ValueError, match=r"2 to 4|not on the shelf"):
            session.compare_runs(wrong)


def test_the_shelf_is_a_table_of_all_runs_and_bounded():
    session = trained(5)
    for _ in range(MOST + 1):
        whole(session.forking())
    session.remove(5)
    session.shelf.problem = "What is wrong."
    value = shelf.value(session)
    rows = json.loads(value["rows"])
    assert [row[0] for row in rows] == [10, 9, 8, 7, 6, 4, 3, 2]
    assert [row[-1] for row in rows] == [True] + [False] * 7
    number, name, origin, steps, loss, right, size, _ = rows[1]
    assert (number, origin, steps) == (9, "fork of run 8 at step 5", 5)
    assert name.startswith("Induction: ")
    seen = session.run.history.validations()[-1]
    assert (loss, right) == (round(seen.validation_loss, 4), round(seen.validation_accuracy, 4))
    assert 0 < size < 10
    assert value["problem"] == "What is wrong."
    assert "7 of 8 runs" in value["said"]
    assert transport.value(session)["runs"] == 8


def test_the_numbers_of_a_run_are_a_file():
    session = trained(5)
    csv, kept = shelf.numbers(session, 1, "csv"), json.loads(shelf.numbers(session, 1, "json")["text"])
    assert csv["name"] == "run-1-induction-step-5.csv"
    lines = csv["text"].splitlines()
    assert lines[0].startswith("step,loss,accuracy")
    assert [line.split(",")[0] for line in lines[1:]] == list("012345")
    assert kept["config"]["model"]["width"] == 16
    assert len(kept["metrics"]) == 6
    with pytest.raises(ValueError, match="not on the shelf"):
        shelf.numbers(session, 3, "csv")


def test_the_curves_of_the_run_before_the_fork_stay_in_sight():
    session = trained(15)
    session.shown = 5
    whole(session.forking())
    charts = {name: json.loads(learning.value(session)[name]["fig"])["lines"] for name in ("loss", "accuracy", "rate")}
    seen = session.parent().run.history.validations()
    for name, field in (("loss", "validation_loss"), ("accuracy", "validation_accuracy")):
        before = charts[name][0]
        assert before["name"] == "before the fork"
        assert before["width"] < min(curve["width"] for curve in charts[name][1:])
        assert before["x"] == [0, 5, 10, 15]
        assert before["y"] == pytest.approx([getattr(m, field) for m in seen], rel=1e-4)
    assert len(charts["rate"]) == 1
    session.remove(1)
    assert "before the fork" not in learning.value(session)["loss"]["fig"]


def test_the_note_of_a_fork_offers_to_train_both():
    session = trained(2)
    whole(session.forking())
    assert json.loads(transport.value(session)["note"])["actions"] == [["both", "Train both"]]
    session.notice = "Something else."
    assert json.loads(transport.value(session)["note"])["actions"] == []


def test_a_session_that_is_freed_lets_go_of_its_shelf():
    session = trained(1)
    whole(session.forking())
    session.train()
    session.free()
    assert not session.runs()
    assert not session.shelf.kept
    assert not session.jobs


def test_a_fork_computes_one_update_in_each_slice_and_a_cancelled_one_changes_nothing():
    session = trained(8)
    run, notice = session.run, session.notice
    session.shown = 6
    session.replace(session.forking())
    advance(session, "open", 4)
    assert session.run is run
    assert session.notice == "Computing 6 updates again, up to step 6."
    session.train()
    assert "open" not in session.jobs
    assert (session.run, session.notice, len(session.runs())) == (run, notice, 1)
    session.stop()
    session.shown = 6
    session.replace(session.forking())
    finish(session, "open")
    assert (session.run.step, session.run.parent) == (6, 6)
    assert session.notice == "Run 2 is a fork of run 1 at step 6. Run 1 waits on the shelf."


def test_what_leaves_the_shelf_for_the_newest_is_said():
    session = trained(1)
    for _ in range(MOST):
        session.train(anew=True)
        advance(session, "train", 2)
        assert "left the shelf" not in session.notice
    session.train(anew=True)
    advance(session, "train", 2)
    said = "left the shelf to make room: it keeps the newest 8, fewer where they are large."
    assert session.notice.endswith(f"Run 1 {said}")
    session.train()
    assert "left the shelf" not in session.notice
    whole(session.forking())
    assert session.notice.endswith(f"Run 2 {said}")


def test_several_that_leave_the_shelf_are_named_together():
    session = trained(1)
    kept = [Kept(number, "copy", session.run) for number in (3, 4, 7)]
    assert farewell(kept).startswith("Runs 3, 4 and 7 left the shelf")
    assert farewell(kept[:2]).startswith("Runs 3 and 4 left")
    assert not farewell([])
