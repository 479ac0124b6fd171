"""The Playground page's views by name, and their values for a session: {view name: value}."""

from __future__ import annotations

from typing import Any

from playground.acts.replay import FILE
from playground.runs.loads import Routed
from playground.settings.forms import accordions
from playground.views import (
    attention,
    column,
    experts,
    intervene,
    learning,
    notes,
    predictions,
    published,
    roles,
    task,
    transport,
)
from playground.views.embeddings import lens as embeddings
from playground.views.experts import charts as experts_charts
from playground.views.positions import lens as positions
from playground.visitors.session import Session

Update = dict[str, Any]
REPLAY = f"gradio_api/file={FILE}"
"""Where the recording is, relative to the app's own root."""
"""Where the browser fetches the stored replay."""
FORMS = accordions()


def frame(session: Session, lens: str = "", *, charts: bool = True) -> Update:
    """The transport and the lens in sight, or the one named; `charts` False leaves out what need not change at every
    frame.
    """
    lens = lens or session.lens
    if session.run is None or session.building:  # the replay, or nothing yet, has the board
        told = session.notice or session.building or session.link
        return {"transport": transport.value(session)} if told else {}
    out: Update = {"transport": transport.value(session)}
    if lens == "learning" and charts:
        found = learning.value(session)
        out |= {"finding": found["finding"], "learning-table": learning.table(session)}
        out |= {f"chart-{name}": found[name] for name in learning.CHARTS}
    elif lens == "attention":
        snapshot = session.look()
        out["attention"] = attention.value(session, snapshot)
        out |= {"roles": roles.value(session, snapshot)} if charts else {}
    elif lens == "experts":
        out |= _experts(session, session.routed(), charts=charts)
    elif lens == "positions":
        out["positions"] = positions.value(session, session.posed())
    elif lens == "embeddings":
        out["embeddings"] = embeddings.value(session, session.posed(), charts=charts)
    elif lens == "predictions" and charts:
        out["predictions"] = predictions.value(session)
    elif lens == "intervene":
        out |= intervened(session, told=False)
    if charts:  # last: the lines name the head that is drawn
        out[f"notes-{lens}"] = notes.value(session, lens)
    return out


def _experts(session: Session, seen: Routed | None, *, charts: bool) -> Update:
    out: Update = {"experts": experts.value(session, seen, charts=charts)}
    if seen is not None and charts:
        out["told"] = experts_charts.information(session, experts.chosen_layer(session, seen))
        if session.experts.show == "paths":
            out["ways"] = experts_charts.ways(session, seen)
    return out


def intervened(session: Session, *, told: bool = True) -> Update:
    """The Intervene lens; `told`: with the lines of Python."""
    lines = {"notes-intervene": notes.value(session, "intervene")} if told else {}
    return {"intervene": intervene.value(session), "effects": intervene.bars(session), **lines}


def stored(session: Session) -> Update:
    """Whether the stored replay has the board, and the transport."""
    return {"replay": _replay(session), "transport": transport.value(session)}


def _replay(session: Session) -> Update:
    return {"on": session.run is None and not session.building, "src": REPLAY}


def controls(session: Session) -> Update:
    """The configuration column and the lines below the lens."""
    return {
        "column": column.value(session),
        "task": task.value(session),
        "published": published.value(session),
        "terms": transport.terms(session),
        "replay": _replay(session),
        **{f"form:{each.title}": column.form(session, each) for each in FORMS},
        f"notes-{session.lens}": notes.value(session, session.lens),
    }


def everything(session: Session) -> Update:
    """All of it."""
    return {**frame(session), **controls(session)}
