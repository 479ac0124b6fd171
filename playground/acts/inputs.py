"""What the tab "What an input vector is made of" does: it shows the run, or the model of the controls."""

from __future__ import annotations

from typing import Any

from playground.laboratories.embeddings import input as input_view
from playground.lenses.embeddings.acts import see as take
from playground.visitors.event import Event
from playground.visitors.jobs import Steps
from playground.visitors.session import Session

Update = dict[str, Any]
BUILD = "input"  # a job: the model of the controls


def see(session: Session, event: Event) -> Update:
    """Another token, stack or boundary, or a first look."""
    take(session, event)
    if input_view.ready(session):
        return {"inputvector": input_view.value(session)}
    if BUILD not in session.jobs:
        session.jobs.begin(BUILD, _building(session), lambda sentence: None)
    return {}


def _building(session: Session) -> Steps:
    yield  # the answer goes first
    input_view.value(session)


def built(session: Session, charts: bool) -> Update:
    """The vector, once there is a model."""
    return {"inputvector": input_view.value(session)} if input_view.ready(session) else {}


ACTS: dict[str, Any] = {"inputvector": {"see": see}}
FRAMES = {BUILD: built}
