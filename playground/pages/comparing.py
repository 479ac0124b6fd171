"""The answers to presses on the Compare page, and the stream that shows what its processes train."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from playground.comparison.results import frame
from playground.comparison.setup import Setup
from playground.pages.frame import SLOTS, session_of
from playground.pages.pressing import pictured
from playground.views import compare as view
from playground.views.compare import charts
from playground.visitors.session import Session

Update = dict[Any, Any]
HZ = 6.0  # pictures per second, of each variant
CURVES = 0.45  # seconds between two drawings of the curves
LEAD = 20  # updates that a run may be ahead of the last one, and what that one makes meanwhile
PATIENCE = 0.3  # seconds between two looks at the line


class Comparing:
    """Handlers. `widget` is the page's own component, `plots` its charts by name."""

    def __init__(self, widget: gr.HTML, plots: dict[str, gr.HTML]):
        self.widget, self.plots = widget, plots

    def shown(self, setup: Setup, *, curves: bool = True) -> Update:
        """All of the page; its curves are the dearest to draw, and may be left as they are."""
        plots = {plot: charts.value(setup, name) for name, plot in self.plots.items()} if curves else {}
        return {self.widget: view.value(setup), **plots}

    def saved(self, request: gr.Request) -> dict[str, Any]:
        """Every update of every run, as a file."""
        trials = session_of(request).compare.trials
        if trials is None:
            return {"n": time.time_ns(), "error": "Nothing has been trained yet."}
        return {"n": time.time_ns(), "name": "comparison-updates.csv", "text": frame(trials).to_csv(index=False)}

    def changed(self, act: Callable[[Session, Setup, gr.EventData], None]) -> Callable[..., Update]:
        """A short handler: what cannot be done is said beside the controls, and nothing is lost."""

        def handler(request: gr.Request, event: gr.EventData) -> Update:
            session = session_of(request)
            with session.hand:
                setup = session.compare
                setup.problem = setup.wrong = ""
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
        with session.hand:  # else two streams take one press, and with it twice the cores
            turn, mine = setup.turn, setup.take()
        if not mine:
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
                yield from self._train(session, turn, 1 + len(more))
        finally:  # also reached when the tab closes
            for each in (ticket, *more):
                SLOTS.leave(each)
            if setup.turn == turn:
                setup.running, setup.place = False, 0
                if setup.trials is not None:
                    setup.trials.rest()
        if not setup.running:
            pictured(setup)  # the last update in hand is behind the one drawn last
        yield self.shown(setup)

    def _train(self, session: Session, turn: int, processes: int) -> Iterator[Update]:
        setup = session.compare
        yield self.shown(setup)  # before the processes start, which takes seconds
        with session.hand:  # no other press may end the comparison while it starts
            if setup.turn != turn:
                return
            try:
                trials = setup.start(processes)
            except ValueError as error:
                setup.problem, setup.running = str(error), False
                return
        if setup.turn != turn:  # the session was freed meanwhile
            setup.close()
            return
        asked, before, drawn = None, 0, 0.0
        while setup.turn == turn and setup.running and not trials.done:
            began = time.perf_counter()
            if trials.built:  # all begin together, and none runs far ahead
                step = trials.pace
                trials.train(min(setup.total, step + LEAD + 3 * (step - before)))
                looked = setup.looked()
                if looked != asked:
                    trials.look(*looked)
                asked, before = looked, step
            curves = began - drawn > CURVES
            drawn = began if curves else drawn
            yield self.shown(setup, curves=curves)
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
