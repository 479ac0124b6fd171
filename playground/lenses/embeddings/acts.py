"""Presses inside the Embeddings lens: which vectors, which token, which axes, files."""

from __future__ import annotations

from playground.lenses.embeddings import projector
from playground.lenses.embeddings.choices import VectorChoices
from playground.lenses.lens import Act
from playground.visitors.event import Event
from playground.visitors.session import Session

NAMES = ("table", "axes", "stack", "place", "chosen", "boundary")


def see(session: Session, event: Event) -> None:
    """Change what was pressed; another token of the probe is also the one whose neighbours are told."""
    for name in NAMES:
        value = event.get(name)
        session.of(VectorChoices).take(name, int(value) if isinstance(value, float) and value.is_integer() else value)
    if isinstance(event.get("place"), int):
        session.of(VectorChoices).chosen = None


def save(session: Session, event: Event) -> None:
    """The table as two files."""
    n = event.get("n")
    projector.ask(session, float(n) if isinstance(n, (int, float)) and 0 <= n < 2**53 else 0.0)


ACTS: dict[str, Act] = {"see": see, "save": save}
