"""Presses in the configuration column, sharing, and the first values of a page that opens."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from playground.acts import board
from playground.lenses import FIRST, LENSES
from playground.lenses.lens import Update
from playground.settings import links
from playground.views import transport
from playground.visitors.event import Event
from playground.visitors.session import Session

UNREAD = "What was here could not be shown, so the page begins with its first preset."


def edit(session: Session, event: Event) -> Update:
    """One control changes; `done` False: the hand is still on it."""
    before = session.run and session.run.now
    session.edit(event.text("at", 200), event.get("value"), settled=event.get("done") is not False)
    run = session.run
    changed = run is not None and run.now is not before
    if session.building or (changed and not session.running):  # what trains is shown with the next picture
        return board.everything(session)
    return _controlled(session)


def undo(session: Session, event: Event) -> Update:
    session.undo()
    return _controlled(session)


def _controlled(session: Session) -> Update:
    return {**board.controls(session), "transport": transport.value(session)}


def link(session: Session, event: Event) -> Update:
    """The address of what the controls say."""
    own_probe = session.probe_text if session.probe_name == "own" else None
    session.link = links.link(
        session.preset, session.raw, lens=session.lens, probe=own_probe, chosen=session.chosen_in(session.lens)
    )
    session.link_note = _not_in_link(session)
    return {"transport": transport.value(session)}


def _not_in_link(session: Session) -> str:
    """What somebody who opens the link will not have."""
    run, said = session.run, ["It opens these settings at step 0."]
    for path, characters in links.left_out(session.preset, session.raw).items():
        what = "Your own text" if path == "task.text" else path
        said.append(f"{what} ({characters:,} characters) is too long for an address and is left out.")
    if run is not None and run.history.changes:
        steps = ", ".join(f"{step:,}" for step in sorted({step for step, _, _ in run.history.changes})[:3])
        said.append(f"What was changed at step {steps} holds there from the start.")
    if run is not None and run.step:
        said.append("The run itself, with what it has learned, is a file: Runs, Run file.")
    if run is not None and run.training.precision == "auto":
        said.append(f"“auto” chose {run.precision.name} for it here, by a timing; elsewhere it may choose otherwise.")
    return " ".join(said)


def opened(session: Session, query: Mapping[str, str] | None) -> Update:
    """A page opens: a link's configuration (once: a reload keeps the run), else what there is. A session that cannot
    be shown begins anew. `query` None: no page loads, and no address is read.
    """
    address = session.opened if query is None else repr(sorted(query.items()))[: links.LONGEST]
    fresh, session.opened = address != session.opened, address
    try:
        shared = links.opened(query) if query is not None and fresh else None
        if shared is not None:
            _take(session, shared)
        out = board.everything(session)
    except Exception:  # a page must open, whatever it is
        traceback.print_exc()
        session.begin_anew()
        session.notice = UNREAD
        return {**board.everything(session), "transport": transport.value(session), **_turned(session)}
    told = {**out, "transport": transport.value(session)}
    return {**told, **_turned(session)} if session.run is not None or session.building else told


def _turned(session: Session) -> Update:
    return {"tabs": {"id": "lenses", "name": session.lens, "n": session.sent}}


def _take(session: Session, shared: links.Shared) -> None:
    session.stop()
    session.adopt(shared.preset)
    session.load(shared.raw)
    session.lens = shared.lens if shared.lens in LENSES else FIRST
    session.notice = " ".join(shared.sentences)
    session.rebuild(shared.probe or "", shared.chosen)


ACTS: dict[str, Any] = {
    "transport": {"link": link},
    "column": {"undo": undo},
    "form": {"edit": edit},
}
