"""A run of a comparison whose process ends goes on from its file or begins again, the same run either way; and all of a
comparison is written down with its session.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.comparison import results, setup
from playground.comparison import trials as trials_module
from playground.comparison.runner import Runner
from playground.comparison.trial import Trial
from playground.comparison.trials import FALLS, Trials
from playground.laboratories.compare import LENS, acts
from playground.runs.archive import read
from playground.visitors import autosave
from playground.visitors.folders import TRIALS
from playground.visitors.jobs import nowhere
from playground.visitors.session import Session
from playground.visitors.waking import returned
from playground.workers.resident import Resident
from tests.playground.remote import LocalAnywhere, live
from tests.playground.test_autosave import NAME, woken
from tests.playground.test_comparison import BASE, pair


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / NAME


@pytest.fixture(scope="module")
def whole() -> list[Trial]:
    """The runs as they are where nothing ends."""
    anywhere = LocalAnywhere()
    trials = Trials(pair(), 1, anywhere)
    trials.train(40)
    anywhere.until(lambda: trials.done)
    return trials.trials


def alike(one: list[Trial], other: list[Trial]) -> bool:
    return all(
        (a.metrics, a.tokens[-1], len(a.seconds)) == (b.metrics, b.tokens[-1], len(b.seconds))
        for a, b in zip(one, other, strict=True)
    )


def begun(seeds: int = 1) -> tuple[Session, LocalAnywhere]:
    session = Session(anywhere := LocalAnywhere())
    session.compare.begin_with(BASE, "base")
    session.compare.add({"model.position.kind": "ALiBi"})
    session.compare.seeded(seeds)
    session.page = "compare"
    acts.play(session, None)  # type: ignore[arg-type]
    return session, anywhere


def waking(folder: Path) -> tuple[Session, LocalAnywhere]:
    session, anywhere = woken(folder), LocalAnywhere()
    session.compare.anywhere = anywhere
    if session.compare.trials is not None:
        session.compare.trials.anywhere = anywhere
    return session, anywhere


def paused(steps: int) -> Session:
    """With files of its runs, some updates older than what is known."""
    session, anywhere = begun()
    live(session, anywhere, lambda: session.compare.trials and session.compare.trials.step >= steps)
    session.compare.trials.keep()
    live(session, anywhere, lambda: session.compare.trials.fresh)
    live(session, anywhere, lambda: session.compare.trials.step >= steps + 5)
    for remote in anywhere.open:
        remote.order("rest")
    anywhere.advance()
    return session


@pytest.mark.parametrize("file", [True, False])
def test_a_run_whose_process_ends_goes_on_by_itself_and_nothing_is_lost(file, whole):
    anywhere = LocalAnywhere()
    trials = Trials(pair(), 1, anywhere)
    trials.train(40)
    anywhere.until(lambda: trials.step >= 10)
    if file:
        trials.keep()
        anywhere.until(lambda: trials.fresh)
        anywhere.until(lambda: trials.step >= trials.trials[0].kept + 3 or trials.done)
    anywhere.jobs[0].die()
    assert ("goes on from step" if file else "trains again from the start") in trials.notice
    assert trials.notice.startswith("The process that trained")
    assert (len(anywhere.open), trials.ended) == (2, "")
    anywhere.until(lambda: trials.done)
    assert alike(trials.trials, whole)
    trials.look(20)
    anywhere.until(lambda: not trials.waiting)
    assert all(trial.picture["step"] in (20, 40) for trial in trials.trials)


def test_one_whose_processes_keep_ending_ends_alone_and_says_so():
    anywhere = LocalAnywhere()
    trials = Trials(pair(), 1, anywhere)
    trials.train(40)
    for _ in range(FALLS + 1):
        next(job for job in anywhere.open if job is not anywhere.jobs[1]).die()
    assert "keep ending" in trials.notice
    anywhere.until(lambda: trials.done)
    assert sorted(trial.finished for trial in trials.trials) == [False, True]
    assert trials.ended == ""


def test_a_file_that_cannot_be_read_costs_its_run_the_time_alone(whole):
    anywhere = LocalAnywhere()
    trials = Trials(pair(), 1, anywhere)
    trials.train(40)
    anywhere.until(lambda: trials.step >= 10)
    trials.trials[0].file, trials.trials[0].kept = b"no run", 10
    next(job for job in anywhere.open if job.heard.args == (0,)).die()  # type: ignore[attr-defined]
    anywhere.until(lambda: trials.done)
    assert "base trains again from the start" in trials.notice
    assert alike(trials.trials, whole)


def test_a_run_gives_its_file_once_for_each_step_and_none_that_is_too_large():
    told: list[dict[str, Any]] = []
    runner = Runner({"config": BASE.model_dump(exclude={"model": {"vocab", "context"}})}, b"", told.append)
    steps = runner.steps()
    runner.order("train", until=12)
    while not any(row[0] == 12 for each in told for row in each.get("rows", ())):
        next(steps)
    for most in (10**7, 10**7, 1000):
        runner.order("keep", most=most)
        next(steps)
    given = [each for each in told if "kept" in each]
    assert [each["kept"] for each in given] == [12] * 3
    assert ["file" in each for each in given] == [True, False, False]
    assert read(given[0]["file"]).step == 12
    runner.kept = -1
    runner.order("keep", most=1000)
    next(steps)
    assert told[-1] == {"kept": 12, "large": True}


def test_while_they_train_the_runs_are_kept_now_and_then_and_at_the_end(monkeypatch):
    session, anywhere = begun()
    orders = lambda: [job.orders.count("keep") for job in anywhere.jobs]  # noqa: E731
    live(session, anywhere, lambda: session.compare.trials and session.compare.trials.step >= 3)
    assert orders() == [0, 0]
    session.jobs.cancel("compare")
    assert orders() == [1, 1]
    monkeypatch.setattr(setup, "SOON", 0.0)
    acts.go_on(session)
    live(session, anywhere, lambda: "compare" not in session.jobs)
    assert min(orders()) >= 3
    anywhere.advance()
    assert [trial.kept for trial in session.compare.trials.trials] == [40, 40]


# ---- with the session ----
def test_a_comparison_comes_back_with_its_curves_and_goes_on_where_it_was(folder, whole):
    session = paused(12)
    mine = session.compare.trials
    autosave.save(session, folder)
    other, anywhere = waking(folder)
    its = other.compare.trials
    assert other.notice == its.notice == ""
    assert alike(mine.trials, its.trials)
    assert [t.seconds for t in its.trials] == [t.seconds for t in mine.trials]
    assert results.results(its) == results.results(mine)
    assert [(t.file, t.kept) for t in its.trials] == [(t.file, t.kept) for t in mine.trials]
    assert anywhere.jobs == []  # nothing is begun before it is needed
    shown = LENS.value(other, True), LENS.value(session, True)
    assert shown[0]["compare-loss"] == shown[1]["compare-loss"]
    acts.go_on(other)
    live(other, anywhere, lambda: "compare" not in other.jobs)
    assert [job.spec["again"] for job in anywhere.jobs] == [True, True]
    assert its.done
    assert alike(its.trials, whole)


def test_pictures_come_back_too(folder):
    session = paused(12)
    autosave.save(session, folder)
    other, anywhere = waking(folder)
    acts.pictured(other)
    live(other, anywhere, lambda: "compare-pictures" not in other.jobs)
    assert all(trial.picture["tokens"] for trial in other.compare.trials.trials)
    assert "compare" not in other.jobs


def test_one_that_was_finished_is_looked_into_without_being_trained(folder, whole):
    session, anywhere = begun()
    live(session, anywhere, lambda: "compare" not in session.jobs)
    anywhere.advance()
    autosave.save(session, folder)
    other, anywhere = waking(folder)
    assert other.compare.trials.done
    acts.pictured(other)
    live(other, anywhere, lambda: "compare-pictures" not in other.jobs)
    assert {order for job in anywhere.jobs for order in job.orders} == {"picture"}
    assert [trial.picture["step"] for trial in other.compare.trials.trials] == [40, 40]
    acts.go_on(other)
    assert not other.jobs
    assert alike(other.compare.trials.trials, whole)


def test_runs_that_are_too_large_train_again_and_that_is_said(folder, whole, monkeypatch):
    monkeypatch.setattr(trials_module, "FILES", 2000)
    session, anywhere = begun()
    live(session, anywhere, lambda: session.compare.trials and session.compare.trials.step >= 10)
    session.jobs.cancel("compare")
    anywhere.advance()
    assert all(trial.large and not trial.file for trial in session.compare.trials.trials)
    anywhere.jobs[0].die()
    assert anywhere.jobs[-1].orders == ["train"]  # to where it was
    autosave.save(session, folder)
    assert not list(folder.glob("trial-*"))
    other, anywhere = waking(folder)
    assert other.compare.trials.notice.count("is too large to be kept, so it trains again from the start.") == 2
    assert other.compare.trials.step >= 10
    acts.go_on(other)
    live(other, anywhere, lambda: "compare" not in other.jobs)
    assert alike(other.compare.trials.trials, whole)


def test_only_what_changed_is_written_and_the_files_go_with_the_comparison(folder):
    session = paused(6)
    assert autosave.save(session, folder) > autosave.save(session, folder)
    assert len(list(folder.glob("trial-*"))) == 2
    other, _ = waking(folder)
    then = {path.name: path.stat().st_mtime_ns for path in folder.glob("trial-*")}
    autosave.save(other, folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("trial-*")} == then
    other.compare.choose("heads")
    autosave.save(other, folder)
    assert [path.name for path in folder.iterdir()] == ["session.json"]
    assert woken(folder).compare.trials is None


def test_files_that_have_come_are_written_at_once_and_it_is_said_whose_work_it_is(folder):
    resident = Resident(NAME, 1, nowhere)
    resident.session, resident.saves = paused(6), 8
    now = resident.saved + 1
    assert resident.keep_due(now)
    assert resident.changed
    assert not resident.keep_due(now)  # a disk that takes nothing is not tried again at once
    autosave.save(resident.session, folder)
    other, _ = waking(folder)
    assert other.run is None
    assert returned(other, "restart").startswith("The server restarted: this is your work of ")
    assert returned(Session(), "restart") == ""


DAMAGE = {
    "nothing": lambda data: b"",
    "half of it": lambda data: data[: len(data) // 2],
    "a name that leads elsewhere": lambda data: data.replace(b'\\"name\\":\\"', b'\\"name\\":\\"../'),
    "of other variants": lambda data: data.replace(b'\\"of\\":\\"', b'\\"of\\":\\"0'),
    "numbers of no run": lambda data: data[:-4000] + b"\x7f" * 4000,
}


@pytest.mark.parametrize("name", DAMAGE)
def test_numbers_that_cannot_be_read_cost_the_training_alone(name, folder):
    session = paused(6)
    autosave.save(session, folder)
    path = folder / TRIALS
    data = DAMAGE[name](path.read_bytes())
    assert data != path.read_bytes()
    path.write_bytes(data)
    other, _ = waking(folder)
    assert other.notice.startswith("The comparison's training could not be read back: ")
    assert other.compare.trials is None
    assert (other.compare.wanted, other.page) == (session.compare.wanted, "compare")
    autosave.save(other, folder)


def test_a_run_that_cannot_be_read_trains_again_and_the_others_go_on(folder, whole):
    session = paused(6)
    autosave.save(session, folder)
    gone, spoilt = sorted(folder.glob("trial-*"))
    gone.unlink()
    spoilt.write_bytes(b"x" * 100)
    other, anywhere = waking(folder)
    assert "base trains again from the start: its file could not be read back" in other.compare.trials.notice
    acts.go_on(other)
    live(other, anywhere, lambda: "compare" not in other.jobs)
    assert "trains again from the start: what was kept of it could not be read" in other.compare.trials.notice
    assert alike(other.compare.trials.trials, whole)
