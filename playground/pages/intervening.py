"""Presses inside the Intervene lens, and the stream that computes an experiment and shows it filling."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import gradio as gr

from playground.pages.event import number, press, sent
from playground.pages.frame import SLOTS, session_of
from playground.pages.looking import Looking
from playground.pages.pictures import Pictures, Update
from playground.views.intervene.trial import subject
from playground.views.intervene.trials import TRIALS, chosen, inputs
from playground.views.intervene.work import compute, redraw
from playground.visitors.session import Session

HZ = 4.0  # pictures per second
PATIENCE = 0.4  # seconds between two looks at the line
STACKS = ("decoder", "encoder", "cross")


class Intervening:
    """Handlers: presses are answered outside the queue, the stream comes through it."""

    def __init__(self, pictures: Pictures, looking: Looking):
        self.pictures, self.board, self.looking = pictures, pictures.board, looking

    def see(self, request: gr.Request, event: gr.EventData) -> Update:
        """Another experiment, or another input of this one."""
        session = session_of(request)
        with session.hand:
            trial, name, state = sent(event, "trial"), sent(event, "name"), session.intervene
            if isinstance(trial, str) and trial in TRIALS and trial != state.trial:
                state.halt()
                state.trial, state.said, state.tone = trial, "", ""
            elif isinstance(name, str) and session.run is not None:
                self._choose(session, name, sent(event, "value"))
        return self.looking.shown(session)

    def _choose(self, session: Session, name: str, value: object) -> None:
        with session.held():
            trial = chosen(session)
            field = next((f for f in inputs(session, trial, subject(session)) if f.name == name), None)
            value = int(value) if isinstance(value, float) and value.is_integer() else value
            if field is None or not any(value == each and type(value) is type(each) for each, _ in field.options):
                return
            session.intervene.chosen[trial.id, name] = value
            session.intervene.said = session.intervene.tone = ""
            if field.at_once:
                redraw(session)

    def begin(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        if session.run is None:
            return self.looking.recorded(session)
        with session.hand:
            state = session.intervene
            if state.claim(press(event)):
                state.ordered = state.running = True
                state.said, state.tone, state.done, state.place = "", "", 0.0, 0
        return self.looking.shown(session)

    def halt(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        with session.hand:
            if session.intervene.claim(press(event)):
                session.intervene.ordered = session.intervene.running = False
        return self.looking.shown(session)

    def pick(self, request: gr.Request, event: gr.EventData) -> Update:
        """A head of a heat map, for the Attention lens, or an expert, for the Experts lens."""
        session, which = session_of(request), sent(event, "which")
        layer, unit = number(event, "layer", 0, 255), number(event, "head", 0, 4095)
        if isinstance(which, str) and which.endswith(" expert"):
            return self._expert(session, which.removesuffix(" expert"), layer, unit)
        with session.hand:
            session.which = which if isinstance(which, str) and which in STACKS else session.which
            session.head = (layer, unit)
        return self.looking.shown(session)

    def _expert(self, session: Session, stack: str, layer: int, expert: int) -> Update:
        if session.run is None:
            return self.looking.recorded(session)
        with session.hand:
            seen = session.routed()()
            if seen is not None and (stack, layer) in seen.places:
                session.experts.take("layer", seen.places.index((stack, layer)))
                session.experts.take("expert", expert)
        return {**self.looking.shown(session), **self.pictures.frame(session, lens="experts")}

    def stream(self, request: gr.Request) -> Iterator[Update]:
        """Carry out the newest press of Run, if no other stream does. The visitor's own training holds a core already:
        the two share it.
        """
        session = session_of(request)
        state = session.intervene
        with session.hand:
            n, mine, state.ordered = state.intent, state.ordered, False
        if not mine:
            yield {self.board.intervene: gr.skip()}  # a stream without a picture would empty every component
            return
        ticket = object()
        try:
            while state.intent == n and not session.running and (place := SLOTS.ask(ticket)):
                state.place = max(place, 0)
                if place < 0:
                    state.said, state.tone = "The line is full; try again in a minute.", "error"
                    break
                yield self._picture(session)
                time.sleep(PATIENCE)
            if state.intent == n and not state.said:
                state.place = 0
                yield from self._filling(session, n)
        finally:  # also reached when the tab closes
            SLOTS.leave(ticket)
            if state.intent == n:
                state.running, state.place = False, 0
        yield self._picture(session)

    def _filling(self, session: Session, n: float) -> Iterator[Update]:
        over, due = threading.Event(), time.perf_counter()
        thread = threading.Thread(target=compute, args=(session, n, over), name="intervene", daemon=True)
        thread.start()
        try:
            while thread.is_alive() and session.intervene.intent == n and session.gone is None:
                yield self._picture(session)
                due = max(time.perf_counter(), due + 1 / HZ)
                thread.join(max(0.0, due - time.perf_counter()))
        finally:
            over.set()
            thread.join()

    def _picture(self, session: Session) -> Update:
        with session.hand:
            if session.run is None:
                return {self.board.intervene: gr.skip()}
            return self.pictures.intervened(session)
