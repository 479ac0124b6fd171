"""Change one thing in the trained model, and see what follows."""

from __future__ import annotations

from playground.lenses.heads import probe
from playground.lenses.intervene import acts, view
from playground.lenses.intervene.code import CODE
from playground.lenses.lens import Lens, Update, panel
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return {"intervene": view.value(session), "effects": view.bars(session)}


def computed(session: Session, charts: bool) -> Update | None:
    """What is known so far."""
    return value(session, charts) if session.run is not None and "intervene" in session.jobs else None


LENS = Lens(
    name="intervene",
    title="Intervene",
    panels=(
        panel("intervene", elem_id="lens-intervene"),
        panel("plot", "effects", tall=300, slot="intervene-bars"),
    ),
    value=value,
    code=CODE,
    blank={"intervene": view.nothing()},
    acts={"intervene": {**acts.ACTS, "probe": probe}},
    jobs={"intervene": computed},
)
