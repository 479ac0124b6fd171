"""What the pages are built from, as plain JSON: their parts, what never changes in them, first values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from playground.acts import PAGES
from playground.acts.replay import stored
from playground.lenses import notes
from playground.lenses.lens import Box, Part, panels
from playground.lenses.page import Page
from playground.views import shelf, transport
from playground.visitors.session import Session


def layout() -> dict[str, Any]:
    """{pages, values}; `values` are what the views show before anything is asked."""
    blank = Session()
    found: dict[str, Any] = {"transport": transport.value(blank), "shelf": shelf.value(blank)}
    for page in PAGES.values():
        found |= page.value(blank)
        for tab in page.tabs.values():
            found |= page.draw(blank, tab, True) if tab.blank is None else tab.blank
            found |= {f"notes-{tab.name}": notes.value(blank, tab)} if tab.code else {}
    recording = stored()
    for name in ("transport", "attention"):  # the last frame, until the recording has been fetched
        found[name] = {**recording["base"][name], **recording["frames"][-1][name]}
    drawn = {"replay", *(each.view for page in PAGES.values() for each in panels(every_part(page)))}
    return {
        "pages": [_page(page) for page in PAGES.values()],
        "values": {view: value for view, value in found.items() if view in drawn},
    }


def every_part(page: Page) -> Iterable[Part]:
    """Of the page and of all its tabs."""
    yield from (*page.above, *page.settings)
    for tab in page.tabs.values():
        yield from (*tab.parts(), *tab.settings)


def _page(page: Page) -> dict[str, Any]:
    """See `pages.page`."""
    tabs = [
        {
            "name": tab.name,
            "title": tab.title,
            "parts": _parts(tab.parts()),
            "settings": _parts(tab.settings),
            "alone": tab.alone,
        }
        for tab in page.tabs.values()
    ]
    plain = {name: getattr(page, name) for name in ("name", "title", "bar", "first", "sheet")}
    return {**plain, "above": _parts(page.above), "settings": _parts(page.settings), "tabs": tabs}


def _parts(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """A box has `panels`, a component none."""
    return [
        {**each._asdict(), "panels": _parts(each.panels)} if isinstance(each, Box) else each._asdict() for each in parts
    ]
