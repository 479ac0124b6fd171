"""Presses that train, and the time line: play, pause, step, reset, seek, presets, restarts, links in sentences."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

import gradio as gr

from playground import presets
from playground.controls import change, panel
from playground.limits import STEPS
from playground.pages.event import number, press, sent
from playground.pages.frame import SLOTS, session_of
from playground.pages.pictures import Pictures, Update
from playground.session import Session
from playground.views import transport

HZ = 8.3  # pictures per second
CHARTS_EVERY = 6  # pictures between two updates of charts
PATIENCE = 0.4  # seconds between two looks at the line


class Running:
    """Handlers; those that train are generators, through Gradio's queue."""

    def __init__(self, pictures: Pictures):
        self.pictures, self.board = pictures, pictures.board

    def _train(self, session: Session, n: float, *, anew: bool = False) -> Iterator[Update]:
        """Wait for a core, build a run if asked or needed, train and show until another press or the end of the run."""
        if session.problems:
            session.notice = f"Not started: {next(iter(session.problems.values()))}"
            yield {self.board.transport: transport.value(session)}
            return
        ticket = object()  # of this loop alone: the loop before it may not have ended yet
        session.notice, session.slots = "", SLOTS.count
        session.building = anew or session.run is None
        try:
            yield {self.board.transport: transport.value(session)}
            while session.intent == n and (place := SLOTS.ask(ticket)):
                session.place = max(place, 0)
                if place < 0:
                    session.notice = "The line is full; try again in a minute."
                    break
                yield {self.board.transport: transport.value(session)}
                time.sleep(PATIENCE)
            if session.intent == n and not session.notice:
                session.place = 0
                yield from self._stream(session, n, anew)
        finally:  # also reached when the tab closes
            SLOTS.leave(ticket)
            if session.intent == n:
                session.running = session.building = False
                session.place = 0
        yield self.pictures.frame(session)

    def _stream(self, session: Session, n: float, anew: bool) -> Iterator[Update]:
        with session.held():
            run = session.restart() if anew else session.start()
            session.building, session.notice = False, run.place.sentence
            session.shown, session.running = None, True
        out, shown, due, over = self.pictures.frame(session), 0, time.perf_counter(), threading.Event()
        trainer = threading.Thread(target=session.keep_training, args=(n, over), name="train", daemon=True)
        trainer.start()
        try:
            while trainer.is_alive():
                yield out
                due = max(time.perf_counter(), due + 1 / HZ)
                trainer.join(due - time.perf_counter())
                shown += 1
                out = self.pictures.frame(session, charts=shown % CHARTS_EVERY == 0)
        finally:  # also reached when the tab closes
            over.set()
            trainer.join()

    def train(self, request: gr.Request) -> Iterator[Update]:
        """Carry out the order of the press before. Apart from it, so that the stream writes few components: Gradio's
        work for each one of them, at every picture, is taken from the training.
        """
        session = session_of(request)
        order, session.order = session.order, None
        if order is not None and session.intent == order[0]:
            yield from self._train(session, order[0], anew=order[1])
        else:
            yield {self.board.transport: gr.skip()}  # a stream without a picture would empty every component

    def play(self, request: gr.Request, event: gr.EventData) -> Update:
        session, n = session_of(request), press(event)
        if session.claim(n):
            run = session.run
            if run is not None and run.training.steps <= run.step < STEPS:  # "Go on for N"
                session.edit("training.steps", min(run.step + run.config.training.steps, STEPS))
            session.order = (n, False)
        return self._ordered(session)

    def halve(self, request: gr.Request, event: gr.EventData) -> Update:
        session, n = session_of(request), press(event)
        if session.claim(n) and session.run is not None:
            session.edit("training.lr", session.run.training.lr / 2)
            session.order = (n, True)
        return self._ordered(session)

    def preset(self, request: gr.Request, event: gr.EventData) -> Update:
        session, name = session_of(request), str(sent(event, "name", ""))
        return self._take(session, lambda: session.adopt(name)) if name in presets.PRESETS else self._ordered(session)

    def restart(self, request: gr.Request) -> Update:
        return self._take(session_of(request), lambda: None)

    def do(self, request: gr.Request, event: gr.EventData) -> Update:
        """A link in a sentence: "step:548" looks back, "set:{...}" changes controls and trains anew, "preset:copy"."""
        session, (what, _, rest) = session_of(request), str(sent(event, "action", "")).partition(":")
        if what == "step" and rest.isdigit() and len(rest) < 10:
            return self._look_back(session, int(rest))
        if what == "preset" and rest in presets.PRESETS:
            return self._take(session, lambda: session.adopt(rest))
        if what == "set":
            try:
                changes: dict[str, Any] = json.loads(unquote(rest))
                raw = session.raw
                for path, value in changes.items():
                    raw = change(raw, path, value)
            except (ValueError, AttributeError, KeyError, RecursionError):
                return self._ordered(session)
            panels = {self.board.panels[name]: gr.update(open=True) for name in {panel(path) for path in changes}}
            return {**self._take(session, lambda: session.load(raw)), **panels}
        return self._ordered(session)

    def _take(self, session: Session, act: Callable[[], None]) -> Update:
        """Stop the loop before, take other settings, order a new run."""
        n = session.claim_own()
        with session.held():  # the loop before ends its step first
            act()
        session.order = (n, True)
        return self._ordered(session)

    def _ordered(self, session: Session) -> Update:
        """What changes at once: the controls, and the transport."""
        if session.order is not None and not session.problems:
            session.building = session.order[1] or session.run is None
        return {**self.pictures.controls(session), self.board.transport: transport.value(session)}

    # ---- the time line ----
    def _halted(self, request: gr.Request, event: gr.EventData, act: Callable[[Session], None]) -> Update:
        """Stop the loop by claiming, act, show."""
        session = session_of(request)
        if session.claim(press(event)):
            session.running, session.place = False, 0
            with session.held():  # after the update in hand, so that no later number follows the answer
                act(session)
        return self.pictures.frame(session)

    def pause(self, request: gr.Request, event: gr.EventData) -> Update:
        return self._halted(request, event, lambda session: None)

    def step(self, request: gr.Request, event: gr.EventData) -> Update:
        def one(session: Session) -> None:
            if not session.problems:
                session.shown = None
                if not session.budget_left():
                    session.advance()

        self._halted(request, event, one)
        return self.pictures.everything(session_of(request))

    def reset(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        if session.claim(press(event)) and session.run is not None:
            session.running, session.place = False, 0
            if not session.problems:
                session.restart()
        return self.pictures.everything(session)

    def seek(self, request: gr.Request, event: gr.EventData) -> Update:
        session, step = session_of(request), number(event, "step", 0, 10**9)
        if session.claim(press(event)):
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
