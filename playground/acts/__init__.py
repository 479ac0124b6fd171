"""What each event of the page does to a session, and what is drawn then: {view name: value}, as the functions
that make the values describe them. Nothing here computes for long: that is begun as a job of the session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from playground.acts import board, configuration, playground, shelf
from playground.laboratories import LABORATORIES
from playground.lenses.lens import Act, Draw, Lens, Update, panels
from playground.lenses.page import Page
from playground.views import transport
from playground.visitors.event import Event
from playground.visitors.session import Session

MOST = 1000  # controls whose newest press is remembered
PAGES: dict[str, Page] = {playground.PAGE.name: playground.PAGE, **LABORATORIES}


def events(page: Page, tab: Lens | None = None) -> dict[str, dict[str, Any]]:
    """View -> event -> what it does and what is drawn then; of one tab, or of what stands beside the tabs."""
    links = {each.view: {"do": _drawn(page, None, page.do)} for each in panels(tab.parts())} if tab and page.do else {}
    own = {
        view: {name: _drawn(page, tab, act) for name, act in named.items()}
        for view, named in (tab or page).acts.items()
    }
    return {view: {**links.get(view, {}), **own.get(view, {})} for view in {**links, **own}}


def _drawn(page: Page, tab: Lens | None, act: Act) -> Callable[[Session, Event], Update]:
    """An event of a page: what it returns is drawn, or what is in sight."""

    def carried_out(session: Session, event: Event) -> Update:
        update = act(session, event)
        return _shown(session, page, tab) if update is None else update

    return carried_out


def _shown(session: Session, page: Page, tab: Lens | None) -> Update:
    return page.whole(session) if tab is None else page.draw(session, tab, True)


def _frame(page: Page, tab: Lens | None, job: str, draw: Draw | None) -> Callable[[Session, bool], Update]:
    """What a job of a page shows."""

    def show(session: Session, charts: bool) -> Update:
        update = draw(session, charts) if draw is not None else None
        if update is not None:
            return update
        return said(session) if job in session.jobs else _shown(session, page, tab)

    return show


PARTS = [(page, tab) for page in PAGES.values() for tab in (None, *page.tabs.values())]
"""Every page without its tabs, and every tab."""
ACTS: dict[str, dict[str, Callable[[Session, Event], Update]]] = {}
for page, tab in PARTS:
    for view, named in events(page, tab).items():
        ACTS.setdefault(view, {}).update(named)
FRAMES = {
    (page.name, job): _frame(page, tab, job, draw) for page, tab in PARTS for job, draw in (tab or page).jobs.items()
}
GO_ON = {job: begin for page, tab in PARTS for job, begin in (tab or page).goes_on.items()}


def act(session: Session, view: str, name: str, event: Event) -> Update:
    """Carry out an event of a component; an event that does not exist changes nothing."""
    if (view, name) == ("pages", "turn"):
        return turn(session, event.get("id"))
    found = (ACTS.get(view) or ACTS.get(view.partition(":")[0], {})).get(name)
    return found(session, event) if found is not None else {}


ORDERS = frozenset({"play", "halve", "pause", "reset", "seek", "back", "onward"})
"""Events of the transport of which the newest wins; of edits it is the newest of each control."""


def late(session: Session, view: str, name: str, data: dict[str, Any], n: int) -> bool:
    """Whether a press arrives after a newer one that it must not undo: on their ways they may overtake one another."""
    at = data.get("at")
    if name == "edit" and isinstance(at, str):
        key = f"{view} {at[:200]}"
    elif view == "transport" and name in ORDERS:
        key = view
    else:
        return False
    newest = session.newest
    if n < newest.get(key, 0):
        return True
    if len(newest) > MOST:
        newest.clear()
    newest[key] = n
    return False


def frame(session: Session, job: str, charts: bool) -> Update:
    """What a job shows on the page in sight."""
    draw = FRAMES.get((session.page, job))
    return draw(session, charts) if draw is not None else said(session)


def said(session: Session) -> Update:
    """The transport alone, with what there is to say."""
    return {"transport": transport.value(session)}


def turn(session: Session, page: object) -> Update:
    """Another page is in sight."""
    session.page = page if isinstance(page, str) and page in PAGES else session.page
    _begin(session)
    return everything(session)


def opened(session: Session, query: dict[str, str] | None, tab: str) -> Update:
    """A page opens, or its session has moved: all that is in sight."""
    session.page = next(name for name in (tab, session.page, playground.PAGE.name) if name in PAGES)
    seen = configuration.opened(session, query)
    _begin(session)
    return seen | everything(session)


def _begin(session: Session) -> None:
    begin = PAGES[session.page].opened
    if begin is not None:
        begin(session)


def go_on(session: Session, jobs: Collection[str]) -> None:
    """Let what computed before the session slept, moved or was lost go on where it was, by the names of its jobs."""
    for name, begin in GO_ON.items():
        if name in jobs and name not in session.jobs:
            begin(session)


def everything(session: Session) -> Update:
    """All that there is to see on the page in sight; the Playground's is what the header tells of, too."""
    update = board.everything(session) | shelf.see(session, Event({}))
    return update if session.page == playground.PAGE.name else update | PAGES[session.page].whole(session)
