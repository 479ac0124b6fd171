"""What each event of the page does to a session, and what is drawn then: {view name: value}, as the docstrings of
components/ describe the values. Nothing here computes for long: that is begun as a job of the session.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from playground.acts import (
    board,
    compare,
    configuration,
    experiments,
    inputs,
    lenses,
    positions,
    run,
    shelf,
    words,
)
from playground.views import transport
from playground.visitors.event import Event
from playground.visitors.session import Session

Update = dict[str, Any]
Act = Callable[[Session, Event], Update]
PAGES = ("playground", "compare", "positions", "embeddings")
MOST = 1000  # controls whose newest press is remembered
OF_PAGE = {
    "playground": (run, configuration, lenses, shelf),
    "compare": (compare,),
    "positions": (positions, experiments),
    "embeddings": (words, inputs),
}
ACTS: dict[str, dict[str, Act]] = {}
for module in (module for modules in OF_PAGE.values() for module in modules):
    for view, events in module.ACTS.items():
        ACTS.setdefault(view, {}).update(events)
FRAMES: dict[tuple[str, str], Callable[[Session, bool], Update]] = {
    (page, job): draw
    for page, modules in OF_PAGE.items()
    for module in modules
    for job, draw in getattr(module, "FRAMES", {}).items()
}

GO_ON = {run.JOB: run.go_on, words.JOB: words.go_on, compare.TRAIN: compare.go_on}


def act(session: Session, view: str, name: str, event: Event) -> Update:
    """Carry out an event of a component; an event that does not exist changes nothing."""
    if (view, name) == ("pages", "turn"):
        return turn(session, event.get("id"))
    events = ACTS.get(view) or ACTS.get(view.partition(":" if ":" in view else "-")[0], {})
    found = events.get(name)
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
    return everything(session)


def opened(session: Session, query: dict[str, str] | None, tab: str) -> Update:
    """A page opens, or its session has moved: all that is in sight."""
    session.page = tab if tab in PAGES else session.page
    seen = configuration.opened(session, query)
    if session.page == "compare":
        compare.pictured(session)
    return seen | everything(session)


def go_on(session: Session, jobs: Collection[str]) -> None:
    """Let what computed before the session slept, moved or was lost go on where it was, by the names of its jobs."""
    for name, begin in GO_ON.items():
        if name in jobs and name not in session.jobs:
            begin(session)


def everything(session: Session) -> Update:
    """All that there is to see on the page in sight; the Playground's is what the header tells of, too."""
    update = board.everything(session) | shelf.see(session, Event({}))
    if session.page == "compare":
        update |= compare.everything(session)
    elif session.page == "positions":
        update |= positions.everything(session)
    elif session.page == "embeddings":
        update |= words.everything(session)
    return update
