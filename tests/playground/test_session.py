"""Editing: what is taken, what is kept and said, what acts at once, and what waits for a restart."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.settings.forms import flat, leaf, plain, read
from playground.settings.limits import TEXT
from tests.playground.jobs import finish
from tests.playground.small import tiny, trained


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model.layers", 0),
        ("training.lr", math.nan),
        ("training.batch", 10_000),
        ("training.batch", 257),
        ("training.batch", "many"),
        ("training.batch", None),
        ("model.attention.kind", "nope"),
        ("model.attention.kind", ["MHA"]),
        ("model.nope", 3),
        ("model", {}),
        ("task.length", {"a": 1}),
        ("", 1),
    ],
    ids=lambda value: repr(value),
)
def test_what_its_own_field_refuses_is_said_and_not_taken(path, value):
    session = tiny()
    raw, config = session.raw, session.config
    session.edit(path, value)
    assert set(session.problems) == {path}
    assert session.problems[path].endswith(".")
    assert session.raw == raw
    assert session.config == config


def test_a_good_value_clears_what_was_said():
    session = tiny()
    session.edit("training.batch", 0)
    session.edit("training.batch", 9)
    assert session.problems == {}
    assert session.config.training.batch == leaf(session.raw, "training.batch") == 9


def test_a_broken_rule_across_fields_is_kept_and_said_until_it_is_mended():
    session = tiny()
    session.edit("task.min_period", 20)
    assert leaf(session.raw, "task.min_period") == 20
    assert "above the longest 16" in session.problems["task.min_period"]
    assert session.config.task.min_period == 4
    session.edit("task.max_period", 24)
    assert session.problems == {}
    assert (session.config.task.min_period, session.config.task.max_period) == (20, 24)


def test_a_number_typed_as_text_is_taken_as_the_number():
    session = trained(1)
    session.edit("training.batch", "4")
    assert leaf(session.raw, "training.batch") == 4
    assert session.pending() == []


def test_a_text_that_is_too_long_is_refused_before_anything_reads_it():
    session = tiny()
    session.edit("task.text", "x" * (TEXT + 1))
    assert "1,000,001 characters" in session.problems["task.text"]


def test_before_the_first_step_a_change_builds_the_run_anew():
    session = tiny()
    first = session.start()
    assert session.start() is first
    session.edit("training.batch", 5, settled=False)
    assert session.run is first  # the hand is still on the slider
    assert not session.jobs
    session.edit("training.batch", 6)
    assert session.building
    finish(session, "open")
    assert session.run is not first
    assert session.run.config.training.batch == 6
    session.edit("task.min_period", 20)
    assert session.run.config.task.min_period == 4


def test_after_the_first_step_a_change_waits_and_can_be_undone():
    session = trained(1)
    run, raw = session.run, session.raw
    assert session.pending() == []
    session.edit("model.layers", 3)
    session.edit("model.attention.kind", "GQA")
    assert session.run is run
    changes = {path: (old, new) for path, old, new in session.pending()}
    assert changes == {
        "model.layers": (2, 3), "model.attention.kind": ("MHA", "GQA"), "model.attention.kv_heads": (None, 2),
    }  # fmt: skip
    session.edit("training.lr", 0.01)
    session.undo()
    assert session.pending() == []
    assert flat(session.raw) == flat(raw) | {"training.lr": 0.01}  # live: it is the run's own now
    assert session.config.training.lr == 0.01


def test_a_restart_builds_what_waited():
    session = trained(2)
    session.edit("model.layers", 1)
    run = session.restart()
    assert (run.step, run.config.model.layers) == (0, 1)
    assert session.pending() == []


def test_a_live_setting_acts_at_once_and_leaves_one_mark_per_drag():
    session = trained(3)
    run = session.run
    for value, settled in ((0.01, False), (0.02, False), (0.04, True)):
        session.edit("training.lr", value, settled=settled)
        assert run.training.lr == value
    assert session.run is run
    assert session.pending() == []
    assert [(m.step, m.text) for m in run.history.marks] == [(3, "learning rate 0.003 → 0.04")]


def test_a_preset_leaves_the_run_alone_until_it_is_restarted():
    session = trained(1)
    run = session.run
    session.adopt("copy")
    assert session.run is run
    assert ("task.kind", "induction", "copy") in session.pending()
    assert session.config.task.kind == "copy"


def test_adopting_before_the_first_step_shows_the_new_model_at_once():
    session = tiny()
    session.start()
    session.adopt("copy")
    finish(session, "open")
    assert session.run.config.task.kind == "copy"


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 400),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
)
PATHS = st.sampled_from([*flat(plain(tiny().config)), "task.upload", "model.vocab", "x"])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.tuples(PATHS, VALUES), min_size=1, max_size=4))
def test_no_sequence_of_edits_raises_or_loses_the_last_valid_config(edits):
    session = tiny()
    for path, value in edits:
        session.edit(path, value)
        assert read(plain(session.config)) == (session.config, {})
        assert session.problems or session.raw == plain(session.config)
