"""Presses inside the Embeddings lens: which vectors, which token, which axes, files."""

from __future__ import annotations

import gradio as gr

from playground.pages.event import sent
from playground.pages.frame import session_of
from playground.pages.looking import Looking
from playground.pages.pictures import Update
from playground.views.embeddings import projector
from playground.visitors.session import Session

NAMES = ("table", "axes", "stack", "place", "chosen", "boundary")


def take(session: Session, event: gr.EventData) -> None:
    """Change what was pressed; another token of the probe is also the one whose neighbours are told."""
    for name in NAMES:
        value = sent(event, name)
        session.vectors.take(name, int(value) if isinstance(value, float) and value.is_integer() else value)
    if isinstance(sent(event, "place"), int):
        session.vectors.chosen = None


class Seeing:
    """Handlers, answered outside the queue."""

    def __init__(self, looking: Looking):
        self.looking = looking

    def see(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        take(session, event)
        return self.looking.shown(session)

    def save(self, request: gr.Request, event: gr.EventData) -> Update:
        """The table as two files."""
        session, n = session_of(request), sent(event, "n")
        projector.ask(session, float(n) if isinstance(n, (int, float)) and 0 <= n < 2**53 else 0.0)
        return self.looking.shown(session)
