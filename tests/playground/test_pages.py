"""The pages hold together: what a tab of a laboratory forgets is named here, as test_lenses.py does for a lens."""

from __future__ import annotations

import json

import pytest

from playground.acts import ACTS, FRAMES, PAGES, opened
from playground.acts.layout import layout
from playground.laboratories import LABORATORIES
from playground.lenses.lens import Lens, panels
from playground.lenses.page import Page
from playground.visitors.event import Event
from playground.visitors.session import Session
from tests.playground.small import trained

TABS = [
    pytest.param(page, tab, id=f"{page.name}-{tab.name}")
    for page in LABORATORIES.values()
    for tab in page.tabs.values()
]


def views(tab: Lens) -> set[str]:
    return {panel.view for panel in panels((*tab.parts(), *tab.settings))}


@pytest.mark.parametrize(("page", "tab"), TABS)
def test_what_a_tab_shows_has_a_panel_and_each_panel_something_to_show(page, tab):
    assert page.tabs[tab.name] is tab
    session = trained(1)
    session.words.edit("sentences", 60)
    session.words.ready()
    session.words.training.advance(50)
    shown = page.draw(session, tab, True)
    beside = page.value(session).keys()
    assert shown.keys() - beside <= views(tab), "a value without a panel is never drawn"
    assert views(tab) <= shown.keys() | (tab.blank or {}).keys(), "a panel without a value stays empty"
    assert page.draw(session, tab, False).keys() <= shown.keys(), "a frame has no more than a whole picture"
    json.dumps(shown, allow_nan=False)


@pytest.mark.parametrize(("page", "tab"), TABS)
def test_events_and_jobs_of_a_tab_are_the_pages(page, tab):
    settings = {panel.view for panel in panels(page.settings)}
    assert tab.acts.keys() <= views(tab) | settings, "an event of a view that the tab does not have"
    for view, events in tab.acts.items():
        assert events.keys() <= ACTS[view].keys()
    for job in tab.jobs:
        assert (page.name, job) in FRAMES


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_a_page_turns_to_each_of_its_tabs_and_draws_the_one_in_sight(page: Page):
    session = Session()
    session.page = page.name
    assert page.first in page.tabs or len(page.tabs) == 1
    for name, tab in page.tabs.items() if page.bar else ():
        ACTS[page.bar]["turn"](session, Event({"id": name}))
        ACTS[page.bar]["turn"](session, Event({"id": "nowhere"}))
        assert tab in page.in_sight(session)
        assert page.sight is None or page.in_sight(session) == [tab]


def test_the_layout_is_plain_json_and_has_a_first_value_for_every_form():
    found = json.loads(json.dumps(layout(), allow_nan=False))
    assert [page["name"] for page in found["pages"]] == list(PAGES)
    for page in PAGES.values():
        parts = (*page.settings, *(part for tab in page.tabs.values() for part in tab.settings))
        for panel in panels(parts):
            assert panel.view in found["values"], f"{panel.view} has nothing to show before anything is asked"


def test_a_page_that_is_none_opens_the_first():
    session = Session()
    session.page = "wings"  # as a file may say
    opened(session, None, "../x")
    assert session.page == "playground"
    opened(session, None, "compare")
    opened(session, None, "")
    assert session.page == "compare"
