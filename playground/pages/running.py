"""Presses that train, and the time line: play, pause, step, reset, seek, presets, restarts, links in sentences.

A press that trains leaves an order in the session, and changes what can change at once; a stream carries it out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import gradio as gr

from models.config import live
from playground.pages.event import number, press, sent
from playground.pages.frame import session_of
from playground.pages.pictures import Pictures, Update
from playground.settings import presets
from playground.settings.forms import change, ordered, panel
from playground.settings.limits import STEPS
from playground.views import transport
from playground.visitors.session import Session


class Running:
    """Handlers, answered outside the queue."""

    def __init__(self, pictures: Pictures):
        self.pictures, self.board = pictures, pictures.board

    def play(self, request: gr.Request, event: gr.EventData) -> Update:
        session, n = session_of(request), press(event)
        if session.claim(n):
            run = session.run
            if run is not None and run.training.steps <= run.step < STEPS:  # "Go on for N"
                with session.held():
                    session.edit("training.steps", min(run.step + run.config.training.steps, STEPS))
            session.order = (n, False)
        return self._ordered(session)

    def halve(self, request: gr.Request, event: gr.EventData) -> Update:
        session, n = session_of(request), press(event)
        if session.claim(n) and session.run is not None:
            with session.held():
                session.edit("training.lr", session.run.training.lr / 2)
            session.order = (n, True)
        return self._ordered(session)

    def preset(self, request: gr.Request, event: gr.EventData) -> Update:
        session, name = session_of(request), str(sent(event, "name", ""))
        return self._adopt(session, name) if name in presets.PRESETS else self._ordered(session)

    def _adopt(self, session: Session, name: str) -> Update:
        """A preset, in the lens that it is made for."""
        lens = presets.PRESETS[name].lens
        session.lens = lens or session.lens
        turned = {self.board.lenses: gr.update(selected=lens)} if lens else {}
        opened = {self.board.panels["router"]: gr.update(open=True)} if lens == "experts" else {}
        return {**self._take(session, lambda: session.adopt(name)), **turned, **opened}

    def restart(self, request: gr.Request) -> Update:
        return self._take(session_of(request), lambda: None)

    def do(self, request: gr.Request, event: gr.EventData) -> Update:
        """A link in a sentence: "step:548" looks back, "set:{...}" changes controls and trains anew, "preset:copy"."""
        session, (what, _, rest) = session_of(request), str(sent(event, "action", "")).partition(":")
        if what == "step" and rest.isdigit() and len(rest) < 10:
            return self._look_back(session, int(rest))
        if what == "preset" and rest in presets.PRESETS:
            return self._adopt(session, rest)
        return self._set(session, rest) if what == "set" else self._ordered(session)

    def _set(self, session: Session, text: str) -> Update:
        """Change controls: live ones act at once and the run goes on, others train anew."""
        try:
            changes: dict[str, Any] = json.loads(unquote(text))
            raw = session.raw
            for path, value in ordered(changes):
                raw = change(raw, path, value)
        except (ValueError, AttributeError, KeyError, RecursionError):
            return self._ordered(session)
        panels = {self.board.panels[name]: gr.update(open=True) for name in {panel(path) for path in changes}}
        if session.run is None or not session.run.step or not set(changes) <= live(session.run.now):
            return {**self._take(session, lambda: session.load(raw)), **panels}
        with session.held():
            for path, value in changes.items():
                session.edit(path, value)
        if not session.running and not session.budget_left():
            session.order = (session.claim_own(), False)
        return {**self._ordered(session), **panels}

    def _take(self, session: Session, act: Callable[[], None]) -> Update:
        """Stop the loop before, take other settings, order a new run."""
        n = session.claim_own()
        with session.held():  # the loop before ends its step first
            session.building = True  # by the stream, so not here
            act()
            session.building = False
        session.order = (n, True)
        return self._ordered(session)

    def _ordered(self, session: Session) -> Update:
        """What changes at once: the controls, and the transport."""
        if session.order is not None and session.ordered() and not session.problems:
            session.building = session.order[1] or session.run is None
        return {**self.pictures.controls(session), self.board.transport: transport.value(session)}

    # ---- the time line ----
    def _halted(self, request: gr.Request, event: gr.EventData, act: Callable[[Session], None]) -> Update:
        """Stop the loop by claiming, act, show."""
        session = session_of(request)
        if session.claim(press(event)):
            session.running, session.building, session.place = False, False, 0  # what was ordered is not built
            with session.held():  # after the update in hand, so that no later number follows the answer
                act(session)
        return self.pictures.frame(session)

    def pause(self, request: gr.Request, event: gr.EventData) -> Update:
        shown, session = self._halted(request, event, lambda session: None), session_of(request)
        return shown if session.run is not None else self.pictures.stored(session)

    def step(self, request: gr.Request, event: gr.EventData) -> Update:
        def one(session: Session) -> None:
            if not session.problems:
                session.shown = None
                if not session.budget_left():
                    session.advance()

        session = session_of(request)
        if session.claim(press(event)):
            session.running, session.building, session.place = False, False, 0
        with session.held():  # every press is a step, in whatever order two of them arrive
            one(session)
        return self.pictures.everything(session)

    def reset(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        if session.claim(press(event)) and session.run is not None:
            session.running, session.place = False, 0
            if not session.problems:
                session.restart()
        return self.pictures.everything(session)

    def seek(self, request: gr.Request, event: gr.EventData) -> Update:
        session, step = session_of(request), number(event, "step", 0, 10**9)
        if not session.claim(press(event)):  # late: something newer has been pressed
            return self.pictures.frame(session)
        session.running = False
        return self._look_back(session, step)

    def back(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        return self._look_back(session, session.run.step - 1 if session.run else 0)

    def _look_back(self, session: Session, step: int) -> Update:
        if session.run is not None:
            session.stop()
            session.shown = None if step >= session.run.step else step
            session.ablation = None
        return self.pictures.frame(session)
