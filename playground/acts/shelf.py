"""Forks and the run shelf: runs reopened, compared, kept as files and read from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.acts import board
from playground.comparison.variants import MOST
from playground.lenses.lens import Update
from playground.views import shelf, transport
from playground.visitors.event import Event
from playground.visitors.jobs import Steps
from playground.visitors.session import Session


def fork(session: Session, event: Event) -> Update:
    """A run of its own goes on from the step shown."""

    def refused(sentence: str) -> None:
        session.notice = sentence

    return _replaced(session, session.forking(), refused)


def reopen(session: Session, event: Event) -> Update:
    """Another run of the shelf has the page."""
    return _replaced(session, session.reopening(event.get("id")), _problem(session))


def upload(session: Session, event: Event) -> Update:
    """The run of a file has the page."""
    return _replaced(session, session.uploading(event.file), _problem(session))


def _problem(session: Session) -> Callable[[str], None]:
    def refused(sentence: str) -> None:
        session.shelf.problem = sentence

    return refused


def _replaced(session: Session, steps: Steps, refused: Callable[[str], None]) -> Update:
    """Let these steps make another run the page's, or say why not."""

    def opening() -> Steps:
        try:
            yield from steps
        except ValueError as error:
            refused(str(error))

    session.shelf.problem = ""
    session.replace(opening())
    return {**board.everything(session), **_said(session)}


def both(session: Session, event: Event) -> Update:
    """The run and the one that it left, on the Compare page."""
    parent, mine = session.parent(), session.entry
    session.shelf.problem = ""
    try:
        if parent is None or mine is None:
            raise ValueError("The run before the fork is not on the shelf any more.")
        session.compare_runs([parent.id, mine.id])
    except ValueError as error:
        session.notice = session.branched = str(error)  # the way to it stays
    return _said(session)


def compare(session: Session, event: Event) -> Update:
    """Runs go on together on the Compare page."""
    ids = event.get("ids")
    return _tried(session, lambda: session.compare_runs(ids[: MOST + 1] if isinstance(ids, list) else []))


def remove(session: Session, event: Event) -> Update:
    """Forget a run."""
    return _tried(session, lambda: session.remove(event.get("id")))


def save(session: Session, event: Event) -> Update:
    """A run as one file, which the browser fetches."""
    files: list[tuple[str, bytes]] = []
    told = _tried(session, lambda: files.append(session.dump(event.get("id"))))
    return {**told, "~file": files[0]} if files else told


def numbers(session: Session, event: Event) -> Update:
    """What was measured, as a text file."""
    kind = "csv" if event.get("kind") == "csv" else "json"
    found: Update = {}
    told = _tried(session, lambda: found.update(shelf.numbers(session, event.get("id"), kind)))
    return {**told, "download": found} if found else told


def see(session: Session, event: Event) -> Update:
    """The shelf is opened."""
    return _tried(session, lambda: None)


def _tried(session: Session, act: Callable[[], None]) -> Update:
    session.shelf.problem = ""
    try:
        act()
    except ValueError as error:
        session.shelf.problem = str(error)
    return _said(session)


def _said(session: Session) -> Update:
    return {"shelf": shelf.value(session), "transport": transport.value(session)}


def opening(session: Session, charts: bool) -> Update:
    """What makes another run the page's: how it comes along, and then all of the page."""
    if "open" in session.jobs and not session.building:
        return {"transport": transport.value(session)}
    return {**board.everything(session), **_said(session)}


ACTS: dict[str, Any] = {
    "transport": {"fork": fork, "both": both},
    "column": {"fork": fork},
    "shelf": {"see": see, "reopen": reopen, "compare": compare, "remove": remove, "save": save, "numbers": numbers},
    "upload": {"run": upload},
}
FRAMES = {"open": opening, "shelf": lambda session, charts: _said(session)}
