"""The streams: each lens has one that writes only that lens's components, because Gradio's work for every component
a stream may write, at every picture, is taken from the training.

One of them drives: it waits for a core, trains on a thread of its own and shows. When the visitor turns to another
lens, that lens's stream watches what the first one drives.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import gradio as gr

from playground.pages.frame import SLOTS, session_of
from playground.pages.pictures import Pictures, Update
from playground.views import transport
from playground.visitors.session import Session

HZ = 8.3  # pictures per second
CHARTS_EVERY = 6  # pictures between two updates of charts
PATIENCE = 0.4  # seconds between two looks at the line


class Streaming:
    """Handlers, generators through Gradio's queue."""

    def __init__(self, pictures: Pictures):
        self.pictures, self.board = pictures, pictures.board

    def of(self, lens: str) -> Callable[[gr.Request], Iterator[Update]]:
        """The stream of a lens, asked for after every press that trains and every turn to a lens: it carries out the
        order, watches, or ends at once.
        """

        def stream(request: gr.Request) -> Iterator[Update]:
            session = session_of(request)
            with session.hand:  # else two streams take one order, or one clears the order of a later press
                order = session.order if session.lens == lens and session.ordered() else None
                if order is not None:
                    session.order = None
            if order is not None:
                yield from self._drive(session, lens, order[0], anew=order[1])
            elif session.lens == lens and session.driven is not None and session.driven[0] != lens:
                yield from self._watch(session, lens)
            else:
                yield {self.board.transport: gr.skip()}  # a stream without a picture would empty every component

        return stream

    def _drive(self, session: Session, lens: str, n: float, *, anew: bool) -> Iterator[Update]:
        """Wait for a core, build a run if asked or needed, train and show until another press or the end of the run."""
        if session.problems:
            session.notice = f"Not started: {next(iter(session.problems.values()))}"
            yield {self.board.transport: transport.value(session)}
            return
        ticket = object()  # of this loop alone: the loop before it may not have ended yet
        session.notice, session.slots, session.driven = "", SLOTS.count, (lens, n)
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
                yield from self._train(session, lens, n, anew)
        finally:  # also reached when the tab closes
            SLOTS.leave(ticket)
            if session.intent == n:
                session.running = session.building = False
                session.place = 0
            if session.driven == (lens, n):
                session.driven = None
        yield self.pictures.frame(session, lens=lens)

    def _train(self, session: Session, lens: str, n: float, anew: bool) -> Iterator[Update]:
        with session.held():
            run = session.restart() if anew else session.start()
            session.building, session.notice = False, run.sentence
            session.shown, session.running = None, session.intent == n  # a pause may have come in between
        over = threading.Event()
        trainer = threading.Thread(target=session.keep_training, args=(n, over), name="train", daemon=True)
        trainer.start()
        try:
            yield from self._pictures(session, lens, trainer.is_alive, trainer.join)
        finally:  # also reached when the tab closes
            over.set()
            trainer.join()

    def _watch(self, session: Session, lens: str) -> Iterator[Update]:
        """Show what another lens's stream drives, until it ends or the visitor turns away."""
        n = session.intent
        session.watcher = watcher = object()

        def on() -> bool:
            return session.intent == n and session.watcher is watcher and session.driven is not None

        yield from self._pictures(session, lens, on, time.sleep)
        yield self.pictures.frame(session, lens=lens)

    def _pictures(
        self, session: Session, lens: str, on: Callable[[], bool], wait: Callable[[float], None]
    ) -> Iterator[Update]:
        """Pictures of a lens at a steady pace while `on`; none while another lens is in sight. What did not change is
        sent again, and costs nothing on the wire; to Gradio, leaving it out is an update to work out.
        """
        shown, hands, due = 0, -1, time.perf_counter()
        out: Update = {}
        while on():
            if session.lens == lens:
                charts, hands = shown % CHARTS_EVERY == 0 or session.hands != hands, session.hands
                out |= self.pictures.frame(session, lens=lens, charts=charts)
                yield dict(out)
            shown += 1
            due = max(time.perf_counter(), due + 1 / HZ)
            wait(max(0.0, due - time.perf_counter()))
