"""The Playground page's views by name, and their values for a session: {view name: value}."""

from __future__ import annotations

from playground.lenses import FIRST, LENSES, notes
from playground.lenses.lens import Lens, Update
from playground.settings.forms import accordions
from playground.views import column, form, published, task, transport
from playground.visitors.session import Session

FORMS = accordions()


def in_sight(session: Session) -> Lens:
    """The lens that the visitor looks through."""
    return LENSES.get(session.lens, LENSES[FIRST])


def frame(session: Session, *, charts: bool = True) -> Update:
    """The transport and the lens in sight; `charts` False leaves out what need not change at every frame."""
    if session.run is None or session.building:  # the replay, or nothing yet, has the board
        told = session.notice or session.building or session.link
        return {"transport": transport.value(session)} if told else {}
    lens = in_sight(session)
    out: Update = {"transport": transport.value(session), **lens.value(session, charts)}
    return out | _notes(session) if charts else out  # last: the lines name the head that is drawn


def shown(session: Session) -> Update:
    """The lens in sight and what is below it, also before there is a run."""
    return frame(session) | _notes(session)


def _notes(session: Session) -> Update:
    lens = in_sight(session)
    return {f"notes-{lens.name}": notes.value(session, lens)}


def stored(session: Session) -> Update:
    """Whether the stored replay has the board, and the transport."""
    return {"replay": _replay(session), "transport": transport.value(session)}


def _replay(session: Session) -> Update:
    return {"on": session.run is None and not session.building}


def controls(session: Session) -> Update:
    """The configuration column, the lines below the lens, and a lens that shows the settings themselves."""
    lens = in_sight(session)
    return {
        **(lens.value(session, True) if lens.of_settings else {}),
        "column": column.value(session),
        "task": task.value(session),
        "published": published.value(session),
        "terms": transport.terms(session),
        "replay": _replay(session),
        **{f"form:{each.title}": form.value(session, each) for each in FORMS},
        **_notes(session),
    }


def everything(session: Session) -> Update:
    """All of it."""
    return {**frame(session), **controls(session)}
