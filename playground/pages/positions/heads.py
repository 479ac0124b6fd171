"""Presses in the tab "Trained model": those of the Playground's Positions lens, on the same run."""

from __future__ import annotations

import gradio as gr

from playground.pages.event import sent
from playground.pages.frame import session_of
from playground.pages.looking import Looking
from playground.pages.positions.board import Update
from playground.views.positions import trained
from playground.visitors.session import Session


class Heads(Looking):
    """Handlers, answered outside the queue."""

    def __init__(self, picture: gr.HTML):
        self.picture = picture

    def shown(self, session: Session) -> Update:
        session.hands += 1
        return {self.picture: trained.value(session)}

    def recorded(self, session: Session) -> Update:
        return self.shown(session)

    def do(self, request: gr.Request, event: gr.EventData) -> Update:
        """A link of the finding; what trains is for the Playground."""
        return self.shown(session_of(request)) if isinstance(sent(event, "action"), str) else {}
