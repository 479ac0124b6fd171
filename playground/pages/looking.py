"""Presses inside the lenses: which attention, which head, which probe, ablation, prompts."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import Ablate
from models.generate import Sampling
from playground.interventions.ablation import Ablation
from playground.pages.event import number, real, sent
from playground.pages.frame import session_of
from playground.pages.pictures import Pictures, Update
from playground.runs.prompt import LONGEST, continuation
from playground.views import notes, predictions
from playground.views.attention import STACKS
from playground.visitors.session import Session

RECORDED = "This is a stored replay. Press “Train it now” to look into a model of your own."


class Looking:
    """Handlers, answered outside the queue."""

    def __init__(self, pictures: Pictures):
        self.pictures, self.board = pictures, pictures.board

    def look(self, request: gr.Request, event: gr.EventData) -> Update:
        session, which = session_of(request), sent(event, "which")
        session.which = which if isinstance(which, str) and which in dict(STACKS) else session.which
        return self.shown(session)

    def select(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        session.head = (number(event, "layer", 0, 255), number(event, "head", 0, 255))
        return self.shown(session)

    def probe(self, request: gr.Request, event: gr.EventData) -> Update:
        session, text, name = session_of(request), sent(event, "text"), sent(event, "id", "own")
        if session.run is None:
            return self.recorded(session)
        session.probe_error = ""
        try:
            session.use_probe("own" if isinstance(text, str) else str(name), text if isinstance(text, str) else None)
        except ValueError as error:
            session.probe_error = str(error)
        return self.shown(session)

    def ablate(self, request: gr.Request, event: gr.EventData) -> Update:
        session, layer, head = session_of(request), number(event, "layer", 0, 255), number(event, "head", 0, 255)
        if session.run is None:
            return self.recorded(session)
        which = session.which_stack()
        stack, part = "encoder" if which == "encoder" else "decoder", "cross" if which == "cross" else "self"
        try:
            with session.held():
                edit = Ablate(stack, layer, "cross_attention" if part == "cross" else "self_attention", head)
                named = f"{which} " if session.run.topology == "encoder-decoder" else ""
                session.ablation = Ablation(session.run, (edit,), f"Without {named}L{layer} H{head}")
        except ValueError as error:
            session.notice = str(error)
        session.head = (layer, head)
        return self.shown(session)

    def restore(self, request: gr.Request) -> Update:
        session = session_of(request)
        session.ablation = None
        return self.shown(session)

    def prompt(self, request: gr.Request, event: gr.EventData) -> Update:
        session, text = session_of(request), str(sent(event, "text", ""))[: 10 * LONGEST]
        if session.run is None:
            return self.recorded(session)
        found: list[Any] = []
        error = ""
        try:
            top_k, length = number(event, "top_k", 0, 10**6), number(event, "length", -1, 10**6, 40)
            sampling = Sampling(real(event, "temperature", 0.0), top_k or None, real(event, "top_p", 1.0))
            with session.held():
                found = [guess._asdict() for guess in continuation(session.run, text, sampling, length)]
        except ValueError as problem:
            error = str(problem)
        session.prompt = {"text": text, "continuation": found, "error": error}
        return {self.board.predictions: predictions.value(session)}

    def turn(self, request: gr.Request, event: gr.EventData) -> Update:
        """Another lens. (`gr.SelectData` would fail on anything but a whole selection.)"""
        session, name = session_of(request), sent(event, "id")
        session.lens = name if isinstance(name, str) and name in self.board.notes else session.lens
        session.watcher = None
        return self.shown(session)

    def shown(self, session: Session) -> Update:
        session.hands += 1
        return {**self.pictures.frame(session), self.board.notes[session.lens]: notes.value(session, session.lens)}

    def recorded(self, session: Session) -> Update:
        session.notice = RECORDED
        return self.pictures.frame(session)
