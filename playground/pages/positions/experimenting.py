"""Experiments that compute for a while: a press of Run, a stream that waits for a core and shows what is known."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import gradio as gr

from playground.pages.event import press, sent
from playground.pages.frame import SLOTS, session_of
from playground.pages.positions.work import Work, work_of
from playground.views import settings as settings_view
from playground.views.positions import progress as progress_view
from playground.views.positions import trials
from playground.visitors.session import Session

Update = dict[Any, Any]
HZ = 4.0  # pictures per second
CHARTS_EVERY = 3  # pictures between two updates of charts and table
PATIENCE = 0.4  # seconds between two looks at the line


class Experimenting:
    """Handlers of one experiment. `parts` are its components: head, bar, form, table, notes, and each chart."""

    def __init__(self, name: str, parts: dict[str, gr.HTML]):
        self.name, self.parts, self.trial = name, parts, trials.TRIALS[name]

    def all(self) -> list[Any]:
        return list(self.parts.values())

    def work(self, request: gr.Request) -> Work:
        return work_of(session_of(request), self.name)

    # ---- what is drawn ----
    def settings(self, work: Work) -> Update:
        value = settings_view.value(work.edited, {"": self.trial.rows()})
        shown = {self.parts["form"]: value, self.parts["notes"]: progress_view.notes(self.trial, work.edited.config)}
        return {self.parts["bar"]: work.bar(), **shown}

    def pictures(self, work: Work, *, charts: bool = True) -> Update:
        out: Update = {self.parts["bar"]: work.bar()}
        if charts:
            progress = work.progress
            out[self.parts["head"]] = progress_view.head(self.trial, progress)
            out[self.parts["table"]] = progress_view.table(self.trial, progress, self.name)
            out |= {self.parts[name]: value for name, value in progress_view.charts(self.trial, progress).items()}
        return out

    def everything(self, work: Work) -> Update:
        return self.settings(work) | self.pictures(work)

    # ---- presses ----
    def edit(self, request: gr.Request, event: gr.EventData) -> Update:
        work = self.work(request)
        with work.lock:
            work.edited.edit(str(sent(event, "at", ""))[:200], sent(event, "value"))
            return self.settings(work)

    def do(self, request: gr.Request, event: gr.EventData) -> Update:
        """A link: "set:{...}" changes settings."""
        work, (what, _, rest) = self.work(request), str(sent(event, "action", ""))[:4000].partition(":")
        with work.lock:
            try:
                changes = json.loads(unquote(rest)) if what == "set" else {}
            except (ValueError, RecursionError):
                changes = {}
            for path, value in list(changes.items())[:20] if isinstance(changes, dict) else ():
                work.edited.edit(path, value)
            return self.settings(work)

    def begin(self, request: gr.Request, event: gr.EventData) -> Update:
        work = self.work(request)
        with work.lock:
            if work.claim(press(event)) and not work.edited.problems:
                work.ordered = work.running = True
                work.said, work.tone, work.progress = "", "", None
            return {self.parts["bar"]: work.bar()}

    def halt(self, request: gr.Request, event: gr.EventData) -> Update:
        work = self.work(request)
        with work.lock:
            if work.claim(press(event)):
                work.ordered = work.running = False
                work.said = work.said or "Stopped: these are the numbers so far."
            return {self.parts["bar"]: work.bar()}

    # ---- the stream ----
    def stream(self, request: gr.Request) -> Iterator[Update]:
        """Carry out the newest press, if it is to run and no other stream does."""
        session, work = session_of(request), self.work(request)
        with work.lock:
            n, mine, work.ordered = work.intent, work.ordered, False
        if not mine:
            yield {self.parts["bar"]: gr.skip()}  # a stream without a picture would empty every component
            return
        ticket = object()
        try:
            while work.intent == n and (place := SLOTS.ask(ticket)):
                work.place = max(place, 0)
                if place < 0:
                    work.said = "The line is full; try again in a minute."
                    break
                yield {self.parts["bar"]: work.bar()}
                time.sleep(PATIENCE)
            if work.intent == n and not work.said:
                work.place = 0
                yield from self._pictures(session, work, n)
        finally:  # also reached when the tab closes
            SLOTS.leave(ticket)
            if work.intent == n:
                work.running, work.place = False, 0
        yield self.everything(work)

    def _pictures(self, session: Session, work: Work, n: float) -> Iterator[Update]:
        over, shown, due = threading.Event(), 0, time.perf_counter()
        thread = threading.Thread(target=work.compute, args=(n, over), name=self.name, daemon=True)
        thread.start()
        try:
            while thread.is_alive() and work.intent == n and session.gone is None:
                yield self.pictures(work, charts=shown % CHARTS_EVERY == 0)
                shown += 1
                due = max(time.perf_counter(), due + 1 / HZ)
                thread.join(max(0.0, due - time.perf_counter()))
        finally:
            over.set()
            thread.join()
