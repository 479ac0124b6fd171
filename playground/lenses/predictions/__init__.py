"""Held-out examples token by token, and the visitor's own prompt."""

from __future__ import annotations

from playground.lenses.lens import Lens, Update, panel
from playground.lenses.predictions import acts, view
from playground.lenses.predictions.code import CODE
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return {"predictions": view.value(session)} if charts else {}


def writing(session: Session, charts: bool) -> Update | None:
    """The prompt as far as it goes."""
    return {"predictions": view.value(session)} if session.run is not None and "prompt" in session.jobs else None


LENS = Lens(
    name="predictions",
    title="Predictions",
    panels=(panel("predictions", elem_id="lens-predictions"),),
    value=value,
    code=CODE,
    acts={"predictions": acts.ACTS},
    jobs={"prompt": writing},
)
