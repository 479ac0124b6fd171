"""The stream of the word2vec tab: waits for a core, trains on a thread of its own, shows eight pictures a second."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from playground.pages.embeddings.board import Board, Update
from playground.pages.frame import SLOTS, session_of
from playground.visitors.session import Session
from playground.words.lab import WordLab

HZ = 8.3  # pictures per second
CHARTS_EVERY = 12  # pictures between two updates of charts
LISTS_EVERY = 3  # the same of lists of words, which nobody can read faster
LISTS = ("near", "time", "analogy")
PATIENCE = 0.4  # seconds between two looks at the line


class Stream:
    """A generator through Gradio's queue."""

    def __init__(self, board: Board):
        self.board = board

    def run(self, request: gr.Request) -> Iterator[Update]:
        """Carry out the visitor's newest press, if it is to train and no other stream does."""
        session, board = session_of(request), self.board
        lab = session.words
        with lab.lock:
            n = lab.taken()
        if n is None:
            yield {board.bar: gr.skip()}  # a stream without a picture would empty every component
            return
        ticket = object()
        try:
            while lab.intent == n and (place := SLOTS.ask(ticket)):
                with lab.lock:
                    lab.place = max(place, 0)
                    if place < 0:
                        lab.notice = "The line is full; try again in a minute."
                        break
                    out = board.picture(lab)
                yield out
                time.sleep(PATIENCE)
            if lab.intent == n and not lab.notice:
                lab.place = 0
                yield from self._pictures(session, n)
        finally:  # also reached when the tab closes
            SLOTS.leave(ticket)
            if lab.intent == n:
                lab.halt()
        with lab.lock:
            out = board.everything(lab)
        yield out

    def _picture(self, lab: WordLab, last: dict[str, Any] | None, shown: int) -> Update:
        """The maps move with every picture, lists and charts with some: the browser lays them out anew each time."""
        fresh = self.board.picture(lab, charts=shown % CHARTS_EVERY == 0)
        value, asked = fresh[self.board.lab], f'"abc": {json.dumps(lab.asked or ["", "", ""])}'
        if last and shown % LISTS_EVERY and last["word"] == value["word"] and asked in last["analogy"]:
            value |= {name: last[name] for name in LISTS}
        return fresh

    def _pictures(self, session: Session, n: float) -> Iterator[Update]:
        lab, over, out = session.words, threading.Event(), {}
        trainer = threading.Thread(target=lab.keep_training, args=(n, over), name="word2vec", daemon=True)
        trainer.start()
        try:
            shown, due = 0, time.perf_counter()
            while trainer.is_alive() and lab.intent == n and session.gone is None:
                with lab.lock:
                    out |= self._picture(lab, out.get(self.board.lab), shown)
                yield dict(out)
                shown += 1
                due = max(time.perf_counter(), due + 1 / HZ)
                trainer.join(max(0.0, due - time.perf_counter()))
        finally:
            over.set()
            trainer.join()
