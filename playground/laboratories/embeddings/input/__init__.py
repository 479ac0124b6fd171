"""The tab "What an input vector is made of": it shows the run, or the model of the controls."""

from __future__ import annotations

from playground.laboratories.embeddings.input import view
from playground.lenses.embeddings.acts import see as take
from playground.lenses.lens import Lens, Update, panel
from playground.visitors.event import Event
from playground.visitors.jobs import Steps
from playground.visitors.session import Session

BUILD = "input"
"""A job: the model of the controls."""
ELSEWHERE = "<p>The model is that of the Playground page, where its settings are.</p>"


def value(session: Session, charts: bool) -> Update:
    """The vector, once there is a model."""
    return {"inputvector": view.value(session)} if view.ready(session) else {}


def see(session: Session, event: Event) -> Update:
    """Another token, stack or boundary, or a first look."""
    take(session, event)
    if not view.ready(session) and BUILD not in session.jobs:
        session.jobs.begin(BUILD, _building(session), lambda sentence: None)
    return value(session, True)


def _building(session: Session) -> Steps:
    yield  # the answer goes first
    view.value(session)


LENS = Lens(
    name="input",
    title="What an input vector is made of",
    panels=(panel("inputvector", elem_id="lab-input"),),
    value=value,
    blank={"input-settings": {"html": ELSEWHERE}},
    acts={"inputvector": {"see": see}},
    jobs={BUILD: value},
    settings=(panel("words", "input-settings"),),
    alone=True,
)
