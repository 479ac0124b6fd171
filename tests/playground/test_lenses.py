"""A lens holds together: what it forgets is named here."""

from __future__ import annotations

import json

import pytest

from playground.acts import ACTS, FRAMES
from playground.acts.layout import layout
from playground.lenses import FIRST, LENSES
from playground.lenses.lens import Lens, panels
from playground.visitors.choices import Choices
from tests.playground.lenses import code
from tests.playground.mixed import mixed
from tests.playground.small import tiny


def views(lens: Lens) -> set[str]:
    return {panel.view for panel in panels(lens.panels)}


@pytest.mark.parametrize("name", LENSES)
def test_what_a_lens_shows_has_a_panel_and_each_panel_something_to_show(name):
    lens, session = LENSES[name], mixed(2)
    assert lens.name == name
    session.lens = name
    shown = lens.value(session, True)
    assert set(shown) <= views(lens), "a value without a panel is never drawn"
    optional = {"paths"}  # where that picture is chosen
    assert views(lens) - optional <= set(shown) | set(lens.blank or ()), "a panel without a value stays empty"
    assert set(lens.value(session, False)) <= set(shown) | optional, "a frame has no more than a whole picture"
    json.dumps(shown, allow_nan=False)


@pytest.mark.parametrize("name", LENSES)
def test_events_and_jobs_of_a_lens_are_the_pages(name):
    lens = LENSES[name]
    assert set(lens.acts) <= views(lens), "an event of a view that the lens does not have"
    for view, events in lens.acts.items():
        assert set(events) <= set(ACTS[view])
    for job in lens.jobs:
        assert ("playground", job) in FRAMES


@pytest.mark.parametrize("name", LENSES)
def test_a_lens_has_code_for_each_model_that_has_what_it_shows(name):
    for session in (mixed(2), tiny(), tiny("copy", model__attention__kind="none", model__position__kind="none")):
        there = LENSES[name].has((session.run.config if session.run else session.config).model)
        assert bool(code(session, name)) is there


def test_views_belong_to_one_lens_each():
    every = [view for lens in LENSES.values() for view in views(lens)]
    assert len(every) == len(set(every))
    assert FIRST in LENSES
    assert [each["name"] for each in layout()["pages"][0]["tabs"]] == list(LENSES)


def test_choices_are_of_a_lens_and_come_back_as_they_were():
    found = Choices.__subclasses__()
    assert len(found) >= 3
    for kind in found:
        assert kind.lens in LENSES, f"{kind.__name__} names no lens"
        session, other = tiny(), tiny()
        other.later_choices[kind.lens] = session.of(kind).plain()
        assert other.of(kind).plain() == session.of(kind).plain()


def test_what_is_chosen_in_a_lens_that_was_not_looked_through_is_there_when_it_is():
    from playground.lenses.experts.choices import ExpertChoices

    session = mixed(1)
    session.choose("experts", "expert", 2)
    session.choose("experts", "show", "nonsense")
    assert (session.of(ExpertChoices).expert, session.of(ExpertChoices).show) == (2, "load")
    session.choose("experts", "expert", 3)
    assert session.of(ExpertChoices).expert == 3
    session.look_afresh()
    assert session.of(ExpertChoices).expert == 0
