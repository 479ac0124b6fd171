"""Presses in the column, and pages that open: with a link, again, and whatever the link says."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from playground.acts import configuration, run
from playground.lenses import LENSES
from playground.lenses.intervene.choices import InterveneChoices
from playground.settings.presets import FIRST
from playground.visitors.event import Event
from playground.visitors.session import Session
from tests.playground.jobs import advance, finish
from tests.playground.small import tiny, trained

COPY = {"preset": "copy", "model.width": "16", "model.attention.heads": "2", "training.examples": "16"}


def edit(session, at, value, **more):
    return configuration.edit(session, Event({"at": at, "value": value, **more}))


def test_an_edit_is_shown_in_its_form_and_a_live_one_in_the_lens():
    session = trained(3)
    shown = edit(session, "model.layers", 3)
    assert shown["column"]["n_pending"] == 1
    assert shown["form:Model"]["values"]["model.layers"] == 3
    assert "attention" not in shown
    assert "attention" in edit(session, "training.lr", 0.01)
    run.play(session, Event({}))
    assert "attention" not in edit(session, "training.lr", 0.02)  # the next picture shows it
    assert configuration.undo(session, Event({}))["column"]["n_pending"] == 0


def test_before_the_first_step_an_edit_builds_the_model_as_a_job():
    session = tiny()
    old = session.start()
    edit(session, "model.layers", 3, done=False)
    assert not session.jobs
    shown = edit(session, "model.layers", 3)
    assert shown["transport"]["state"] == "ready"
    assert session.run is old
    finish(session, "open")
    assert session.run.config.model.layers == 3


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("training.lr", 10**400),
        ("seed", 10**30),
        ("model.layers", {"x": 1}),
        ("model.layers", [1]),
        (["model.layers"], 3),
        ({}, 3),
        (None, None),
        ("task", {"kind": "copy"}),
        ("model.attention.kind", {"a": 1}),
        ("x" * 10_000, 1),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_edit_that_makes_no_sense_does_no_harm(at, value):
    session = trained(1)
    raw = session.raw
    json.dumps(edit(session, at, value), allow_nan=False)
    assert session.raw == raw


def test_a_page_without_a_link_shows_the_replay():
    shown = configuration.opened(Session(), {})
    assert shown["replay"]["on"] is True
    assert shown["transport"]["state"] == "replay"
    assert "tabs" not in shown


def test_a_link_is_opened_once_and_its_run_is_built_by_a_job():
    session = Session()
    query = {**COPY, "lens": "learning", "probe": "abc"}
    shown = configuration.opened(session, query)
    assert shown["tabs"]["name"] == "learning"
    assert shown["transport"]["state"] == "ready"
    assert (shown["replay"]["on"], session.building, session.run) == (False, True, None)
    finish(session, "open")
    assert (session.building, session.run.config.model.width) == (False, 16)
    assert (session.probe_name, session.probe_text) == ("own", "abc")
    built = session.run
    run.play(session, Event({}))
    advance(session, "train", 3)
    configuration.opened(session, None)  # it moved, or slept
    shown = configuration.opened(session, query)  # a reload
    assert session.run is built
    assert shown["transport"]["step"] == built.step
    assert shown["tabs"]["name"] == "learning"
    configuration.opened(session, {**COPY, "model.layers": "1"})
    finish(session, "open")
    assert session.run.config.model.layers == 1
    assert [kept.run for kept in session.shelf.kept] == [built]


def test_a_link_brings_what_is_chosen_in_its_lens():
    session = trained(1, "copy")
    session.lens = "intervene"
    configuration.link(session, Event({}))
    assert "chosen" not in session.link
    state = session.of(InterveneChoices)
    state.trial = "place"
    state.chosen |= {("place", "place"): "attention.q", ("place", "head"): 1}
    configuration.link(session, Event({}))
    other = Session()
    configuration.opened(other, dict(parse_qsl(session.link[1:])))
    finish(other, "open")
    assert other.of(InterveneChoices).plain() == state.plain()


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("junk", [[[["a"]]], {"a": {}}, -1, 1e308, True, "x" * 1000, None], ids=lambda v: repr(v)[:20])
def test_choices_of_a_link_that_make_no_sense_do_no_harm(lens, junk):
    names = ("trial", "chosen", "layer", "expert", "stack", "table", "shown", "x" * 300)
    session = Session()
    configuration.opened(session, {**COPY, "lens": lens, "chosen": json.dumps(dict.fromkeys(names, junk))})
    finish(session, "open")
    assert session.run is not None, session.notice
    json.dumps(LENSES[lens].value(session, True), allow_nan=False)


def test_play_before_the_run_of_a_link_was_built_builds_and_trains_it():
    session = Session()
    configuration.opened(session, COPY)
    run.play(session, Event({}))
    advance(session, "train", 2)
    assert "open" not in session.jobs
    assert (session.run.step, session.run.config.model.width) == (2, 16)


def test_what_is_wrong_with_a_link_is_said():
    session = Session()
    configuration.opened(session, {**COPY, "model.layers": "0", "probe": "é"})
    assert session.notice.startswith("Layers lies between 1")
    finish(session, "open")
    assert session.notice.startswith("Layers lies between 1")
    assert "does not know 'é'" in session.notice
    assert session.run.step == 0


@pytest.mark.parametrize("fault", ["links.opened", "board.everything"])
def test_a_page_opens_whatever_raises(monkeypatch, fault):
    session, calls = trained(2), []
    room, _, name = fault.partition(".")
    real = getattr(getattr(configuration, room), name)

    def fail(*args):
        calls.append(args)
        if len(calls) == 1:
            raise OverflowError("too much")
        return real(*args)

    monkeypatch.setattr(getattr(configuration, room), name, fail)
    shown = configuration.opened(session, {"preset": "copy"})
    assert json.loads(shown["transport"]["note"])["text"] == configuration.UNREAD
    assert (session.preset, session.run, session.building) == (FIRST, None, False)
    assert shown["replay"]["on"] is True


def test_a_shared_link_carries_the_lens_and_the_own_probe():
    session = trained(2)
    session.use_probe("own", "abcd")
    session.lens = "experts"
    told = configuration.link(session, Event({}))["transport"]["link"]
    assert told.startswith("?preset=induction&")
    assert told.endswith("&lens=experts&probe=abcd")


def test_a_link_says_what_it_does_not_carry():
    session = trained(3)
    session.edit("training.lr", 0.02)
    told = configuration.link(session, Event({}))["transport"]
    assert told["link_note"] == (
        "It opens these settings at step 0. What was changed at step 3 holds there from the start. The run itself, "
        "with what it has learned, is a file: Runs, Run file. “auto” chose "
        f"{session.run.precision.name} for it here, by a timing; elsewhere it may choose otherwise."
    )
    blank = Session()
    assert configuration.link(blank, Event({}))["transport"]["link_note"] == "It opens these settings at step 0."
    blank.edit("task.kind", "text")
    blank.edit("task.text", "Ein eigener Text. " * 130)
    told = configuration.link(blank, Event({}))["transport"]
    assert "Your own text (2,340 characters) is too long for an address and is left out." in told["link_note"]
    assert "eigener" not in told["link"]
