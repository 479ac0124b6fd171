"""A lens by its name."""

from __future__ import annotations

from playground.lenses import LENSES
from playground.lenses.python import python
from playground.visitors.session import Session


def code(session: Session, lens: str) -> str:
    """The lines of Python under a lens."""
    return python(session, LENSES[lens])
