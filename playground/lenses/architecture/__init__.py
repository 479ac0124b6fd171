"""The architecture as a picture that follows the configuration, with what the run measures in it."""

from __future__ import annotations

from playground.lenses.architecture import view
from playground.lenses.architecture.code import CODE
from playground.lenses.lens import Lens, Update, panel
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return {"architecture": view.value(session)} if charts else {}


LENS = Lens(
    name="architecture",
    title="Architecture",
    panels=(panel("architecture", elem_id="lens-architecture"),),
    value=value,
    code=CODE,
    blank=None,
    of_settings=True,
)
