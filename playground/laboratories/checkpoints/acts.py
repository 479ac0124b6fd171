"""Presses on the Checkpoints page beside its lenses: which checkpoint, which text, which lens."""

from __future__ import annotations

from collections.abc import Callable

from playground.checkpoints.passage import CHARACTERS
from playground.laboratories.checkpoints import view
from playground.laboratories.checkpoints.tabs import TABS
from playground.lenses.lens import Act, Update
from playground.visitors import reading
from playground.visitors.event import Event
from playground.visitors.jobs import Failed, Steps
from playground.visitors.session import Session

OPEN, ASK, READ = "checkpoint", "checkpoint asked", "checkpoint text"
JOBS = (OPEN, ASK, READ)
LONGEST = 1000  # characters of a path


def see(session: Session, event: Event) -> Update:
    """What a repository or a folder holds."""
    name = event.text("name", LONGEST).strip()
    if not name or OPEN in session.jobs:
        return view.value(session)
    desk = session.desk
    desk.name, desk.revision = name, event.text("revision", 200).strip()
    _begin(session, ASK, reading.asking)
    return view.value(session)


def begin(session: Session, event: Event) -> Update:
    """Open what was found."""
    if session.desk.listing is not None and OPEN not in session.jobs:
        session.desk.text = ""
        _begin(session, OPEN, reading.opened)
    return view.value(session)


def open_again(session: Session) -> None:
    """The session has moved, woken, or its page is opened: what was open there is opened here."""
    if session.desk.wanted and session.desk.reader is None and OPEN not in session.jobs:
        _begin(session, OPEN, reading.opened)


def cancel(session: Session, event: Event) -> Update:
    """End what is being brought; what is open stays."""
    session.jobs.cancel(OPEN)
    session.jobs.cancel(ASK)
    reading.refused(session, "")
    return view.value(session)


def close(session: Session, event: Event) -> Update:
    """Let go of it: the last who does frees its memory."""
    cancel(session, event)
    desk = session.desk
    if desk.reader is not None:
        desk.reader.jobs.clear()
    desk.reader, desk.stage = None, "found" if desk.listing is not None else ""
    return view.whole(session)


def read(session: Session, event: Event) -> Update:
    """Look at another text."""
    if session.desk.reader is not None:
        session.desk.text = event.text("text", CHARACTERS + 1)
        _begin(session, READ, reading.read)
    return view.value(session)


def turn(session: Session, event: Event) -> Update:
    """Another lens."""
    name = event.get("id")
    session.desk.lens = name if isinstance(name, str) and name in TABS else session.desk.lens
    return view.whole(session)


def _begin(session: Session, job: str, steps: Callable[[Session], Steps]) -> None:
    session.jobs.begin(job, steps(session), _failed(session))


def _failed(session: Session) -> Failed:
    return lambda sentence: reading.refused(session, sentence)


ACTS: dict[str, dict[str, Act]] = {
    "checkpoint": {"see": see, "begin": begin, "cancel": cancel, "close": close},
    "reading": {"read": read},
    "checkpoint-tabs": {"turn": turn},
}
