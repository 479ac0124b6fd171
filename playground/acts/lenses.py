"""What lenses do: each event changes the session, and then the lens in sight is drawn."""

from __future__ import annotations

from typing import Any

from playground.acts import board
from playground.acts.run import do
from playground.lenses import LENSES
from playground.lenses.lens import Act, Update
from playground.views import transport
from playground.visitors.event import Event
from playground.visitors.session import Session


def turn(session: Session, event: Event) -> None:
    """Another lens."""
    name = event.get("id")
    session.lens = name if isinstance(name, str) and name in LENSES else session.lens


def drawn(act: Act) -> Any:
    """The event of a lens as one of the page."""

    def carried_out(session: Session, event: Event) -> Update:
        more = act(session, event)
        return {**board.shown(session), **(more or {})}

    return carried_out


JOBS = {job: draw for lens in LENSES.values() for job, draw in lens.jobs.items()}


def computed(job: str) -> Any:
    """What a job of a lens shows: while it computes its own, then the lens in sight."""
    draw = JOBS[job]

    def show(session: Session, charts: bool) -> Update:
        if job not in session.jobs:
            return board.shown(session)
        return draw(session, charts) if draw is not None else {"transport": transport.value(session)}

    return show


ACTS: dict[str, dict[str, Any]] = {"lenses": {"turn": drawn(turn)}, "notes": {"do": do}}
for each in LENSES.values():
    for panel in (panel for row in each.panels for panel in row):
        ACTS.setdefault(panel.view, {})["do"] = do  # links in sentences
    for view, events in each.acts.items():
        ACTS.setdefault(view, {}).update({name: drawn(act) for name, act in events.items()})
FRAMES = {job: computed(job) for job in JOBS}
