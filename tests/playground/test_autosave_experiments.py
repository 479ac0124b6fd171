"""What the experiments of the Positions page have found comes back, with what it was computed for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playground.laboratories.positions import convergence, cost, length
from playground.laboratories.positions.experiment_tab import Tab
from playground.visitors import autosave
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.visitors.work import EXPERIMENTS
from tests.playground.jobs import advance, finish
from tests.playground.test_autosave import NAME, woken

TABS = {each.EXPERIMENT.name: Tab(each.EXPERIMENT) for each in (length, convergence, cost)}
QUICK = {
    "length": {"schemes": ["learned", "RoPE"], "ways": ["YaRN"], "steps": 2, "length": 8, "examples": 4},
    "convergence": {"schemes": ["RoPE", "none"], "seeds": 1, "steps": 40, "length": 8},
    "cost": {"longest": 256, "rounds": 2},
}
LATER = {"length": ("steps", 3), "convergence": ("steps", 20), "cost": ("rounds", 3)}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / NAME


def begun(name: str) -> Session:
    session = Session()
    for at, value in QUICK[name].items():
        TABS[name].edit(session, Event({"at": at, "value": value}))
    TABS[name].begin(session, Event({}))
    return session


def shown(session: Session, name: str) -> str:
    seen = TABS[name].value(session, True)
    seen[f"{name}-bar"] |= {"n": 0}
    return json.dumps(seen, default=str)


def test_every_experiment_of_the_page_can_be_written_down():
    assert {name: tab.of.config for name, tab in TABS.items()} == {n: e.config for n, e in EXPERIMENTS.items()}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_what_was_found_comes_back_as_it_was(name, folder):
    session = begun(name)
    finish(session, name)
    TABS[name].edit(session, Event(dict(zip(("at", "value"), LATER[name], strict=True))))
    autosave.save(session, folder)
    other = woken(folder)
    mine, its = session.experiments[name], other.experiments[name]
    assert (its.progress, its.said, its.tone) == (mine.progress, "Done.", "")
    assert type(its.progress) is type(mine.progress)
    assert its.edited.config == mine.edited.config
    assert shown(other, name) == shown(session, name)
    assert other.notice == ""


def test_one_that_was_computing_says_that_these_are_the_numbers_so_far(folder):
    session = begun("cost")
    advance(session, "cost", 12)
    autosave.save(session, folder)
    other = woken(folder)
    assert other.experiments["cost"].progress == session.experiments["cost"].progress
    assert other.experiments["cost"].said == "Stopped: these are the numbers so far."
    assert "cost" not in other.jobs
    TABS["cost"].begin(other, Event({}))
    finish(other, "cost")
    assert other.experiments["cost"].said == "Done."


@pytest.mark.parametrize("progress", [3, {}, [{"wings": 2}], [{}, [["softmax", "x"]]], [{"heads": -1}]])
def test_numbers_may_be_anything_and_the_settings_are_there(progress, folder):
    session = begun("cost")
    finish(session, "cost")
    session.page = "positions"
    autosave.save(session, folder)
    path = folder / "session.json"
    found = json.loads(path.read_text())
    found["experiments"]["cost"]["progress"] = progress
    found["experiments"]["wings"] = {}
    path.write_text(json.dumps(found))
    other = woken(folder)
    assert "What an experiment had found could not be read back" in other.notice
    assert (other.page, list(other.experiments)) == ("positions", ["cost"])
    assert other.experiments["cost"].edited.config == session.experiments["cost"].edited.config
    assert other.experiments["cost"].progress is None
