"""What is looked at for a moment comes back too: a part that was removed, a prompt and how the model went on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.edits import Ablate, Force
from playground.acts import everything
from playground.interventions.ablation import Ablation, ablated
from playground.lenses.predictions.acts import prompt
from playground.visitors import autosave
from playground.visitors.event import Event
from tests.playground.jobs import finish
from tests.playground.test_autosave import NAME, small, trained, woken, written
from tests.playground.test_fork import MIXED


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / NAME


def removed(session, edit, label="Without L0 H1"):
    session.ablation = ablated(session.run, (edit,), label)
    return session.ablation


def same(one: Ablation, other: Ablation) -> bool:
    pairs = zip((*one.before, *one.after), (*other.before, *other.after), strict=True)
    return one.edits == other.edits and all(a.equal(b) and a.dtype == b.dtype for a, b in pairs)


@pytest.mark.parametrize(
    "edit", [Ablate("decoder", 0, head=1), Ablate("decoder", None, "position"), Force("decoder", 0, 1)]
)
def test_what_was_removed_and_what_it_cost_comes_back(edit, folder):
    preset, changes = ("capacity", MIXED) if isinstance(edit, Force) else ("induction", {})
    session = small(preset, **changes)
    trained(session, 10)
    done = removed(session, edit)
    trained(session, 2)  # it is of an earlier step
    autosave.save(session, folder)
    other = woken(folder)
    assert other.notice == ""
    assert same(done, other.ablation)
    assert (other.ablation.label, other.ablation.step) == (done.label, done.step)
    assert (other.ablation.told, other.ablation.difference) == (done.told, done.difference)
    assert everything(other)["attention"] == everything(session)["attention"]


def test_a_prompt_and_its_continuation_come_back(folder):
    session = small("copy")
    trained(session, 5)
    prompt(session, Event({"text": "abc", "length": 3}))
    finish(session, "prompt")
    assert session.prompt["continuation"]
    autosave.save(session, folder)
    assert woken(folder).prompt == session.prompt
    prompt(session, Event({"text": "!!"}))
    finish(session, "prompt")
    assert session.prompt["error"]
    autosave.save(session, folder)
    assert woken(folder).prompt == session.prompt


def test_a_model_that_was_to_be_built_is_built(folder):
    session = small()
    trained(session, 5)
    session.edit("model.layers", 1)
    session.rebuild()
    autosave.save(session, folder)
    other = woken(folder)
    assert other.building
    finish(other, "open")
    assert (other.run.now.model.layers, other.run.step, [kept.run.step for kept in other.shelf.kept]) == (1, 0, [5])


HEAD = Ablate("decoder", 0, head=1)._asdict()
HEAD.pop("reference")
SPOILT = {
    "a head that is not there": {"edit": HEAD | {"head": 7}},
    "another layer": {"edit": HEAD | {"layer": 99}},
    "no edit": {"edit": HEAD | {"stack": "wings"}},
    "numbers of other examples": {"before": {"loss": [1.0], "right": [1.0], "scored": [1.0]}},
    "numbers that are none": {"before": {"loss": [float("nan")], "right": [], "scored": []}},
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_was_removed_may_be_anything_and_the_run_is_there(name, folder):
    session = small()
    session.page = "positions"
    trained(session, 5)
    removed(session, Ablate("decoder", 0, head=1))
    autosave.save(session, folder)
    look = json.loads((folder / "session.json").read_text())["look"]
    written(folder, look=look | {"removed": look["removed"] | SPOILT[name]})
    other = woken(folder)
    assert other.ablation is None
    assert "could not be read back" in other.notice
    assert (other.run.step, other.page) == (5, "positions")


@pytest.mark.parametrize("prompt", [[], {"text": 3}, {"text": "a", "continuation": [{"t": "a"}]}, {"wings": 2}])
def test_a_prompt_may_be_anything_too(prompt, folder):
    session = small()
    trained(session, 5)
    session.head = (0, 1)
    autosave.save(session, folder)
    look = json.loads((folder / "session.json").read_text())["look"]
    written(folder, look=look | {"prompt": prompt})
    other = woken(folder)
    assert other.run.step == 5
    assert "could not be read back" in other.notice


def test_numbers_that_are_none_do_not_keep_a_session_from_being_written(folder):
    session = small()
    trained(session, 5)
    removed(session, Ablate("decoder", 0, head=1)).after.loss_B[0] = float("inf")
    autosave.save(session, folder)
    other = woken(folder)
    assert (other.ablation, other.run.step, other.notice) == (None, 5, "")
