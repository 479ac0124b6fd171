"""What each head does with distance, while the model trains."""

from __future__ import annotations

from playground.lenses.heads import OF_HEADS
from playground.lenses.lens import Lens, Update, panel
from playground.lenses.positions import view
from playground.lenses.positions.code import CODE
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return {"positions": view.value(session, session.posed())}


LENS = Lens(
    name="positions",
    title="Positions",
    panels=(panel("positions", elem_id="lens-positions"),),
    value=value,
    code=CODE,
    has=lambda config: bool(config.attention.query_heads()),
    blank={"positions": view.nothing()},
    acts={"positions": OF_HEADS},
)
