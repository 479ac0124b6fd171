"""Presses inside the Embeddings lens: which vectors, which token, which axes, files."""

from __future__ import annotations

from typing import Any

from playground.acts.board import Update
from playground.acts.event import Event
from playground.acts.looking import shown
from playground.views.embeddings import projector
from playground.visitors.session import Session

NAMES = ("table", "axes", "stack", "place", "chosen", "boundary")


def take(session: Session, event: Event) -> None:
    """Change what was pressed; another token of the probe is also the one whose neighbours are told."""
    for name in NAMES:
        value = event.get(name)
        session.vectors.take(name, int(value) if isinstance(value, float) and value.is_integer() else value)
    if isinstance(event.get("place"), int):
        session.vectors.chosen = None


def see(session: Session, event: Event) -> Update:
    take(session, event)
    return shown(session)


def save(session: Session, event: Event) -> Update:
    """The table as two files."""
    n = event.get("n")
    projector.ask(session, float(n) if isinstance(n, (int, float)) and 0 <= n < 2**53 else 0.0)
    return shown(session)


ACTS: dict[str, Any] = {"embeddings": {"see": see, "save": save}}
