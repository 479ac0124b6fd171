"""A session is written down and woken again, its run bit for bit; whatever the folder holds, it opens."""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from pathlib import Path

import pytest

from playground.lenses.embeddings.choices import VectorChoices
from playground.lenses.intervene.choices import InterveneChoices
from playground.runs.run import Diverged
from playground.runs.slices import whole
from playground.settings.forms import plain
from playground.settings.presets import changed
from playground.visitors import autosave, folders, saved, waking
from playground.visitors.jobs import nowhere
from playground.visitors.session import Session
from playground.visitors.shelf import Kept
from tests.playground.small import TINY
from tests.playground.test_fork import MIXED, same

NAME = "0123456789abcdef" * 2


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / NAME


def small(preset: str = "induction", **changes) -> Session:
    session = Session(nowhere)
    session.adopt(preset)
    session.load(plain(changed(preset, TINY | {name.replace("__", "."): value for name, value in changes.items()})))
    assert not session.problems
    session.start()
    return session


def trained(session: Session, steps: int) -> list:
    assert session.run is not None
    return list(session.run.train(steps))


def woken(folder: Path) -> Session:
    """With the shelf."""
    session = whole(waking.wake(folder, nowhere))
    shelf = session.jobs.running.get("shelf")
    while "shelf" in session.jobs:
        session.jobs.advance(shelf)
    return session


def test_a_woken_run_goes_on_bit_for_bit(folder):
    alone, session = small(), small()
    trained(alone, 50)
    trained(session, 30)
    autosave.save(session, folder)
    other = woken(folder)
    assert same(session.run, other.run)
    trained(other, 20)
    assert same(alone.run, other.run)
    assert alone.run.history.metrics == other.run.history.metrics
    assert alone.run.tokens == other.run.tokens
    assert other.notice == ""
    assert not same(session.run, other.run)  # null check


@pytest.mark.parametrize("preset", ["capacity", "induction"])
def test_so_does_one_with_experts_and_dropout_after_live_changes(preset, folder):
    changes = {"model.dropout": 0.1} if preset == "induction" else MIXED

    def begun() -> Session:
        session = Session(nowhere)
        session.adopt(preset)
        session.load(plain(changed(preset, changes | TINY)))
        session.start()
        trained(session, 6)
        session.run.retune(lr=0.01)
        trained(session, 6)
        return session

    alone, session = begun(), begun()
    autosave.save(session, folder)
    other = woken(folder)
    assert other.run.now == alone.run.now
    assert other.run.history.marks == alone.run.history.marks
    assert other.run.turns == alone.run.turns
    assert [c.step for c in other.run.checkpoints.kept] == [c.step for c in alone.run.checkpoints.kept]
    assert trained(other, 10) == trained(alone, 10)
    assert same(alone.run, other.run)


def test_the_precision_stays_what_it_was(folder, monkeypatch):
    session = small(training__precision="auto")
    trained(session, 3)
    autosave.save(session, folder)
    monkeypatch.setattr("playground.runs.run.choose_precision", lambda *_: pytest.fail("it was measured anew"))
    assert woken(folder).run.precision == session.run.precision


def test_where_the_visitor_looks_and_what_they_have_set_comes_back(folder):
    session = small("copy")
    trained(session, 12)
    session.page, session.lens, session.opened = "compare", "embeddings", "preset=copy"
    session.shown, session.head, session.which = 10, (0, 1), "decoder"
    session.use_probe("own", session.run.task.probes[0].text)
    session.of(VectorChoices).take("table", "output")
    session.of(VectorChoices).take("chosen", 3)
    chosen = session.of(InterveneChoices)
    chosen.trial, chosen.chosen = "patch", {("patch", "at"): 4, ("costs", "how"): "mean"}
    session.used, session.spent = 12.5, {7: 3.25}
    session.edit("model.layers", 3)
    session.positions.edit("distance", 100)
    session.positions.edit("tab", "cost")
    session.words.edited.edit("model.dimension", 8)
    session.words.kind, session.words.word = "CBOW", "cat"
    session.compare.choose("heads")
    session.compare.matched_by("parameters")
    session.compare.seeded(2)
    autosave.save(session, folder)
    other = woken(folder)
    assert other.notice == ""
    for name in ("page", "lens", "opened", "preset", "raw", "config", "problems", "shown", "head", "used", "spent"):
        assert getattr(other, name) == getattr(session, name), name
    assert [change[0] for change in other.pending()] == ["model.layers"]
    assert (other.probe_name, other.probe_text) == (session.probe_name, session.probe_text)
    assert other.seen_through()[0].batch.ids_BT.equal(session.seen_through()[0].batch.ids_BT)
    assert (other.of(VectorChoices).table, other.of(VectorChoices).chosen) == ("output", 3)
    assert other.of(InterveneChoices).chosen == session.of(InterveneChoices).chosen
    assert other.of(InterveneChoices).trial == "patch"
    assert other.positions.config == session.positions.config
    assert other.words.edited.config == session.words.edited.config
    assert (other.words.kind, other.words.word) == ("CBOW", "cat")
    mine, its = session.compare, other.compare
    assert (its.name, its.what, its.seeds, its.wanted) == (mine.name, mine.what, mine.seeds, mine.wanted)


def test_controls_that_do_not_fit_together_come_back_with_their_sentence(folder):
    session = small()
    session.edit("model.attention.heads", 5)
    assert session.problems
    autosave.save(session, folder)
    other = woken(folder)
    assert (other.raw, other.problems, other.config) == (session.raw, session.problems, session.config)


def test_controls_of_a_laboratory_that_do_not_fit_come_back_too(folder):
    session = small()
    session.positions.edit("position.scaling.way", "YaRN")
    session.positions.edit("position.scaling.fast", 0.5)
    assert session.positions.problems
    autosave.save(session, folder)
    other = woken(folder)
    assert other.positions.raw == session.positions.raw
    assert other.positions.problems == session.positions.problems
    assert other.positions.config == session.positions.config


def test_the_shelf_comes_back_in_its_order_and_numbers_go_on(folder):
    session = small()
    trained(session, 5)
    whole(session.forking())
    trained(session, 3)
    whole(session.forking())
    trained(session, 2)
    autosave.save(session, folder)
    other = whole(waking.wake(folder, nowhere))
    assert (other.entry.id, other.run.step, other.shelf.kept) == (3, 10, [])
    job = other.jobs.running["shelf"]
    while "shelf" in other.jobs:
        other.jobs.advance(job)
    told = [(kept.id, kept.origin, kept.parent, kept.preset, kept.run.step) for kept in session.shelf.kept]
    assert [(kept.id, kept.origin, kept.parent, kept.preset, kept.run.step) for kept in other.shelf.kept] == told
    assert other.parent().id == 2
    assert next(other.shelf.numbers) == 4


def test_runs_that_wait_to_be_read_are_not_lost_by_saving_or_by_a_new_one(folder):
    session = small()
    for _ in range(2):
        trained(session, 5)
        whole(session.forking())
    autosave.save(session, folder)
    other = whole(waking.wake(folder, nowhere))
    other.jobs.clear()  # as a page does that begins anew
    autosave.save(other, folder)
    third = whole(waking.wake(folder, nowhere))
    third.shelf.put(Kept(9, "copy", third.run))
    job = third.jobs.running["shelf"]
    while "shelf" in third.jobs:
        third.jobs.advance(job)
    assert [kept.id for kept in third.shelf.kept] == [1, 2, 9]


def test_runs_that_a_comparison_goes_on_with_are_kept(folder):
    session = small()
    trained(session, 5)
    whole(session.forking())
    session.run.retune(lr=0.02)
    trained(session, 5)
    session.compare_runs([1, 2])
    autosave.save(session, folder)
    assert woken(folder).compare.wanted == session.compare.wanted
    session.compare.choose("heads")
    autosave.save(session, folder)
    assert not list(folder.glob("compared-*"))


def test_only_what_changed_is_written_again(folder):
    session = small()
    trained(session, 5)
    whole(session.forking())
    first = autosave.save(session, folder)
    again = autosave.save(session, folder)
    assert again == (folder / "session.json").stat().st_size < first
    then = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    trained(session, 1)
    autosave.save(session, folder)
    now = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert {name for name in now if now[name] != then[name]} == {"session.json", "run-2.safetensors"}
    session.run.retune(lr=0.02)  # without a step
    assert autosave.save(session, folder) > again
    other = woken(folder)
    assert autosave.save(other, folder) < 20_000
    (folder / "run-2.safetensors").unlink()
    assert autosave.save(other, folder) > 20_000
    assert sorted(path.name for path in folder.iterdir()) == sorted(now)


def test_runs_that_are_gone_leave_no_file(folder):
    session = small()
    trained(session, 5)
    whole(session.forking())
    autosave.save(session, folder)
    session.remove(1)
    (folder / "notes.txt").write_text("mine")
    (folder / f"run-9.safetensors.{'0' * 16}.part").write_bytes(b"half")
    autosave.save(session, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "run-2.safetensors", "session.json"]


def test_a_run_that_diverged_says_so_again(folder):
    session = small()
    trained(session, 3)
    last = session.run.history.metrics[-1]
    session.run.diverged = Diverged(4, "gradient", last, 0.5)
    autosave.save(session, folder)
    assert str(woken(folder).run.diverged) == str(session.run.diverged)


def test_files_are_their_owners_alone(folder):
    session = small()
    autosave.save(session, folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_time_is_said(folder, monkeypatch):
    session = small()
    then = time.mktime((2026, 11, 28, 14, 2, 30, 0, 0, -1))
    monkeypatch.setattr(time, "time", lambda: then)
    autosave.save(session, folder)
    other = woken(folder)
    monkeypatch.setattr(time, "localtime", lambda s=None, at=time.localtime: at(then if s is None else s))
    assert waking.returned(other, "restart") == "The server restarted: this is your run of 14:02."
    assert waking.returned(other, "crash").startswith("The process that computed your run ended: this is your run")
    monkeypatch.setattr(time, "localtime", lambda s=None, at=time.gmtime: at(then + 86400 if s is None else s))
    assert "of 28 November, " in waking.returned(other, "restart")
    other.notice = "Run 3 is gone."
    assert waking.returned(other, "restart").endswith(" Run 3 is gone.")


def test_it_says_whether_it_trained(folder):
    session = small()
    session.train()
    autosave.save(session, folder)
    assert woken(folder).written.training
    session.stop()
    autosave.save(session, folder)
    assert not woken(folder).written.training


# ---- folders that hold something else ----
def spoilt(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)


DAMAGE = {
    "nothing": b"",
    "half of it": b'{"format": "transformer-playground session 1", "at": 1',
    "foreign": b'{"name": "package", "version": "1.0.0"}',
    "another version": b'{"format": "transformer-playground session 9"}',
    "a list": b"[1, 2]",
    "no text": bytes(range(256)),
    "deep": b'{"config":' + b'{"a":' * 50_000,
    "a path": b'{"entry": {"id": "../../etc/passwd"}}',
    "a negative number": b'{"entry": {"id": -1}}',
    "no number": b'{"used": NaN}',
}


@pytest.mark.parametrize("name", DAMAGE)
def test_settings_that_cannot_be_read_are_said_and_the_runs_are_there(name, folder):
    session = small("copy")
    trained(session, 5)
    whole(session.forking())
    trained(session, 2)
    autosave.save(session, folder)
    spoilt(folder, "session.json", DAMAGE[name])
    other = woken(folder)
    assert "could not be read back" in other.notice
    assert (other.run.step, other.preset) == (7, "copy")
    assert [kept.run.step for kept in other.shelf.kept] == [5]
    assert other.raw == plain(other.run.now)
    assert next(other.shelf.numbers) == 3


def test_a_huge_settings_file_is_not_read(folder, monkeypatch):
    session = small()
    trained(session, 5)
    autosave.save(session, folder)
    monkeypatch.setattr(saved, "MOST", 100)
    other = woken(folder)
    assert "more than 100" in other.notice
    assert other.run.step == 5


RUNS = {
    "missing": None,
    "half of it": lambda data: data[: len(data) // 2],
    "nothing": lambda data: b"",
    "a pickle": lambda data: b"\x80\x04" + data,
    "a zip": lambda data: b"PK\x03\x04" + data,
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_cannot_be_read_is_said_and_the_rest_is_there(name, folder):
    session = small()
    trained(session, 5)
    whole(session.forking())
    session.lens = "learning"
    autosave.save(session, folder)
    path = folder / "run-2.safetensors"
    if RUNS[name] is None:
        path.unlink()
    else:
        path.write_bytes(RUNS[name](path.read_bytes()))
    other = woken(folder)
    assert other.run is None
    assert other.notice.startswith("Run 2 could not be read back: ")
    assert other.lens == "learning"
    assert other.config == session.config
    assert [kept.id for kept in other.shelf.kept] == [1]
    other.start()
    assert other.entry.id == 3


def test_a_run_of_the_shelf_that_cannot_be_read_is_said(folder):
    session = small()
    trained(session, 5)
    whole(session.forking())
    autosave.save(session, folder)
    spoilt(folder, "run-1.safetensors", b"x" * 100)
    other = woken(folder)
    assert other.run.step == 5
    assert not other.shelf.kept
    assert other.notice.startswith("Run 1 could not be read back: This is not a run")


def written(folder: Path, **changes) -> None:
    path = folder / "session.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


PARTS = {
    "a preset that is none": {"preset": "wings"},
    "a lens that is none": {"lens": "../x", "page": "/etc"},
    "a config of another version": {"config": {"model": {"wings": 2}}},
    "controls of another version": {"raw": {"model": {"wings": 2}}},
    "positions of another version": {"positions": {"config": {"wings": 2}}},
    "words that are none": {"words": {"config": {"seed": "x"}, "raw": {"seed": []}}},
    "a comparison of nothing": {"compare": {"wanted": [{"label": "a", "config": {"seed": -1}}]}},
    "a comparison with a file that is gone": {"compare": {"wanted": [{"label": "a", "config": {}, "file": "0" * 32}]}},
    "a matching that is none": {"compare": {"what": "wings", "seeds": 99, "word": "\u0000"}},
    "a probe that is none": {"look": {"probe": ["own", "☃" * 5000]}},
    "choices that are none": {"look": {"experts": {"layer": "x", "wings": 1}, "vectors": {"bases": 1, "table": 5}}},
    "a step that was not reached": {"look": {"shown": 900}},
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_cannot_be_used_costs_that_part_alone(name, folder):
    session = small()
    trained(session, 5)
    autosave.save(session, folder)
    written(folder, **PARTS[name])
    other = woken(folder)
    assert same(session.run, other.run)
    assert other.look().step == 5
    assert autosave.save(other, folder) > 0


@pytest.mark.parametrize("name", ["", "..", "x", "../" + NAME, NAME[:-1], NAME + "0", NAME.upper(), NAME[:-1] + "\n"])
def test_only_folders_of_sessions_are_touched(name, tmp_path):
    session = small()
    place = tmp_path / "data" / name
    if place.name != NAME:
        for act in (lambda: autosave.save(session, place), lambda: folders.forget(place)):
            with pytest.raises(ValueError, match="32 hexadecimal digits"):
                act()
    assert whole(waking.wake(place, nowhere)).run is None
    assert not (tmp_path / "data").exists()


def test_no_link_is_followed(folder, tmp_path):
    session = small()
    trained(session, 5)
    autosave.save(session, folder)
    real = tmp_path / "elsewhere"
    (folder / "run-1.safetensors").rename(real)
    (folder / "run-1.safetensors").symlink_to(real)
    assert "Run 1 could not be read back" in woken(folder).notice
    before = real.read_bytes()
    trained(session, 1)
    autosave.save(session, folder)  # takes the link's place
    assert real.read_bytes() == before
    assert not (folder / "run-1.safetensors").is_symlink()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "session.json").write_text("mine")
    link = folder.parent / ("f" * 32)
    link.symlink_to(outside)
    with pytest.raises(OSError, match="no folder"):
        autosave.save(session, link)
    folders.forget(link)
    folders.sweep(folder.parent, 0, 0)
    assert (outside / "session.json").read_text() == "mine"


def test_a_pipe_in_a_files_place_does_not_hold_anybody_up(folder):
    folder.mkdir(parents=True)
    os.mkfifo(folder / "session.json")
    os.mkfifo(folder / "run-1.safetensors")
    other = woken(folder)
    assert other.run is None
    assert "it is no file" in other.notice


# ---- disks ----
def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("place", ["os.replace", "os.fdopen", "os.open"])
def test_a_full_disk_is_said_and_what_was_written_before_stays(place, folder, monkeypatch):
    session = small()
    trained(session, 5)
    autosave.save(session, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    trained(session, 5)
    with monkeypatch.context() as patch:
        patch.setattr(place, full)
        if place == "os.fdopen":
            opened = os.open
            patch.setattr("os.fdopen", lambda fd, *_: (os.close(fd), full()))
            patch.setattr("os.open", opened)
        with pytest.raises(OSError, match="No space left"):
            autosave.save(session, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert woken(folder).run.step == 5
    autosave.save(session, folder)
    assert woken(folder).run.step == 10


def test_whatever_fills_the_disk_between_two_files_leaves_a_session_that_opens(folder, monkeypatch):
    session = small()
    trained(session, 5)
    autosave.save(session, folder)
    whole(session.forking())
    trained(session, 5)
    write, left = folders.write, [1]

    def writes(path: Path, data: bytes) -> int:
        left[0] -= 1
        return write(path, data) if left[0] >= 0 else full()

    monkeypatch.setattr(folders, "write", writes)
    with pytest.raises(OSError, match="No space left"):
        autosave.save(session, folder)
    monkeypatch.undo()
    assert woken(folder).run.step == 5


def test_a_disk_that_cannot_be_written_raises_oserror(tmp_path, monkeypatch):
    (tmp_path / "data").write_text("a file stands here")
    with pytest.raises(OSError):  # noqa: PT011 - which one is the system's
        autosave.save(small(), tmp_path / "data" / NAME)


def test_a_run_that_is_too_large_is_said_and_the_rest_is_kept(folder, monkeypatch):
    session = small()
    trained(session, 5)
    monkeypatch.setattr(autosave, "RUN", 1000)
    with pytest.raises(OSError, match="run 1 has more than"):
        autosave.save(session, folder)
    other = woken(folder)
    assert other.run is None
    assert "it had more than" in other.notice
    assert other.config == session.config


# ---- many folders ----
def put(data: Path, name: str, size: int, age: float) -> Path:
    place = data / name
    place.mkdir(parents=True)
    (place / "session.json").write_bytes(b"x" * size)
    os.utime(place / "session.json", (time.time() - age,) * 2)
    return place


def test_the_oldest_are_forgotten_until_all_are_small_enough(tmp_path):
    a, b, c, d = (put(tmp_path, letter * 32, 100, 400 - 100 * i) for i, letter in enumerate("abcd"))
    assert folders.sweep(tmp_path, 1000, 1000) == []
    assert folders.sweep(tmp_path, 250, 1000, keep={a.name}) == [b.name, c.name]
    assert [place.exists() for place in (a, b, c, d)] == [True, False, False, True]
    assert folders.sweep(tmp_path, 1000, 350) == [a.name]
    assert folders.sweep(tmp_path, 1000, 0, keep={d.name}) == []
    assert d.exists()


def test_what_is_no_session_is_neither_counted_nor_touched(tmp_path):
    strange = [put(tmp_path, name, 5000, 10**7) for name in ("notes", "A" * 32, "a" * 31, ".git")]
    (tmp_path / ("b" * 32)).write_text("a file of that name")
    mine = put(tmp_path, "c" * 32, 100, 50)
    (mine / "photo.png").write_bytes(b"mine")
    (mine / "folder").mkdir()
    assert folders.sweep(tmp_path, 6000, 1000) == []
    assert folders.sweep(tmp_path, 0, 1000) == [mine.name]
    assert sorted(path.name for path in mine.iterdir()) == ["folder", "photo.png"]
    assert all((place / "session.json").exists() for place in strange)
    assert (tmp_path / ("b" * 32)).exists()
    assert folders.sweep(tmp_path / "nowhere") == []


def test_forgetting_leaves_nothing(folder):
    session = small()
    autosave.save(session, folder)
    folders.forget(folder)
    folders.forget(folder)
    assert not folder.exists()
    assert woken(folder).run is None


def test_looking_after_folders_needs_no_torch():
    import subprocess
    import sys

    asked = "import sys, playground.visitors.folders; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, cwd=Path(__file__).parents[2]).returncode == 0
