"""The vectors of the tokens moving while the model trains, and one token's way through it."""

from __future__ import annotations

from playground.lenses.embeddings import acts, view
from playground.lenses.embeddings.code import CODE
from playground.lenses.heads import probe
from playground.lenses.lens import Lens, Update, panel
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return {"embeddings": view.value(session, session.posed(), charts=charts)}


LENS = Lens(
    name="embeddings",
    title="Embeddings",
    panels=(panel("embeddings", elem_id="lens-embeddings"),),
    value=value,
    code=CODE,
    blank={"embeddings": view.nothing()},
    acts={"embeddings": {**acts.ACTS, "probe": probe}},
)
