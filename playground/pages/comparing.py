"""Presses on the Compare page, and the stream that shows what its processes train."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from playground.comparison.setup import Setup
from playground.pages.event import number, sent
from playground.pages.frame import SLOTS, session_of
from playground.session import Session
from playground.views import compare as view
from playground.views.compare import charts

Update = dict[Any, Any]
HZ = 5.0  # pictures per second, of each variant
PATIENCE = 0.3  # seconds between two looks at the line


class Comparing:
    """Handlers. `widget` is the page's own component, `plots` its charts by name."""

    def __init__(self, widget: gr.HTML, plots: dict[str, gr.HTML]):
        self.widget, self.plots = widget, plots

    def shown(self, setup: Setup) -> Update:
        """All of the page."""
        return {
            self.widget: view.value(setup),
            **{plot: charts.value(setup, name) for name, plot in self.plots.items()},
        }

    def changed(self, act: Callable[[Session, Setup, gr.EventData], None]) -> Callable[..., Update]:
        """A short handler: what cannot be done is said beside the controls, and nothing is lost."""

        def handler(request: gr.Request, event: gr.EventData) -> Update:
            session = session_of(request)
            with session.hand:
                setup = session.compare
                setup.problem = ""
                try:
                    act(session, setup, event)
                except ValueError as error:
                    setup.problem = str(error)
                return self.shown(setup)

        return handler

    def stream(self, request: gr.Request) -> Iterator[Update]:
        """Wait for a core, start the processes, and show them until another press or the end."""
        session = session_of(request)
        setup, ticket = session.compare, object()
        turn = setup.turn
        if not setup.running:
            yield self.shown(setup)
            return
        more: list[object] = []
        try:
            while setup.turn == turn and (place := SLOTS.ask(ticket)):
                setup.place = max(place, 0)
                if place < 0:
                    setup.notice, setup.running = "The line is full; try again in a minute.", False
                    break
                yield self.shown(setup)
                time.sleep(PATIENCE)
            if setup.turn == turn and setup.running:
                setup.place = 0
                more = _others()
                yield from self._train(setup, turn, 1 + len(more))
        finally:  # also reached when the tab closes
            for each in (ticket, *more):
                SLOTS.leave(each)
            if setup.turn == turn:
                setup.running, setup.place = False, 0
                if setup.trials is not None:
                    setup.trials.rest()
        yield self.shown(setup)

    def _train(self, setup: Setup, turn: int, processes: int) -> Iterator[Update]:
        yield self.shown(setup)  # before the processes start, which takes seconds
        try:
            trials = setup.start(processes)
        except ValueError as error:
            setup.problem, setup.running = str(error), False
            return
        trials.train(setup.total)
        asked = -1
        while setup.turn == turn and setup.running:
            began = time.perf_counter()
            if trials.built and trials.step != asked:
                asked = trials.step
                trials.look(asked, setup.layer, setup.head)
            yield self.shown(setup)
            if trials.done:
                trials.look(trials.step, setup.layer, setup.head)
                trials.settle()
                return
            time.sleep(max(0.0, 1 / HZ - (time.perf_counter() - began)))


def _others() -> list[object]:
    """The cores that are free just now."""
    tickets: list[object] = [object() for _ in range(SLOTS.count - 1)]
    granted = []
    for ticket in tickets:
        if SLOTS.ask(ticket) == 0:
            granted.append(ticket)
        else:
            SLOTS.leave(ticket)
    return granted


def _name(event: gr.EventData) -> str:
    return str(sent(event, "name", ""))[:40]


def choose(session: Session, setup: Setup, event: gr.EventData) -> None:
    """A ready comparison, or the run of the Playground."""
    if _name(event) == "run":
        config = session.run.now if session.run is not None else session.config
        setup.begin_with(config, "the run")
    else:
        setup.choose(_name(event))


def match(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Alike in one number."""
    setup.matched_by(_name(event))


def seeds(session: Session, setup: Setup, event: gr.EventData) -> None:
    """How many of each."""
    setup.seeded(number(event, "count", 1, 5, 1))


def add(session: Session, setup: Setup, event: gr.EventData) -> None:
    """A variant: one setting of the base changed."""
    setup.add({str(sent(event, "at", ""))[:200]: sent(event, "value")})


def remove(session: Session, setup: Setup, event: gr.EventData) -> None:
    """One variant fewer."""
    setup.remove(number(event, "index", 0, 10))


def look(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Another layer and head in all pictures, or another step."""
    setup.layer = number(event, "layer", -1, 255, setup.layer)
    setup.head = number(event, "head", 0, 255, setup.head)
    trials = setup.trials
    if sent(event, "step") is not None:
        asked = number(event, "step", 0, 10**9)
        setup.shown = None if trials is None or asked >= trials.step else asked
    if trials is not None and trials.built:
        trials.look(trials.step if setup.shown is None else setup.shown, setup.layer, setup.head)
        trials.settle()


def play(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Train, or go on."""
    setup.shown = None
    setup.press(running=True)


def pause(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Stop after the update in hand."""
    setup.press(running=False)
    if setup.trials is not None:
        setup.trials.rest()


def reset(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Back to the beginning."""
    setup.close()
