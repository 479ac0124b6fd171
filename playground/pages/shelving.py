"""Forks, the way through the kept pictures, and the run shelf."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from playground.comparison.variants import MOST
from playground.pages.event import press, sent
from playground.pages.frame import session_of
from playground.pages.pictures import Pictures, Update
from playground.views import shelf, transport
from playground.visitors.session import Session

LONGEST = 240  # pictures of a playback: half a minute


class Shelving:
    """Handlers, answered outside the queue."""

    def __init__(self, pictures: Pictures):
        self.pictures, self.board = pictures, pictures.board

    def fork(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        session.claim(press(event))
        session.stop()
        try:
            session.fork()
        except ValueError as error:
            session.notice = str(error)
        return {**self.pictures.everything(session), self.board.shelf: shelf.value(session)}

    def both(self, request: gr.Request) -> Update:
        """The run and the one that it left, on the Compare page."""
        session = session_of(request)
        parent, mine = session.parent(), session.entry
        try:
            if parent is None or mine is None:
                raise ValueError("The run before the fork is not on the shelf any more.")
            session.compare_runs([parent.id, mine.id])
        except ValueError as error:
            session.notice = session.branched = str(error)  # the way to it stays
        return self._said(session)

    def compare(self, request: gr.Request, event: gr.EventData) -> Update:
        session, ids = session_of(request), sent(event, "ids")
        try:
            session.compare_runs(ids[: MOST + 1] if isinstance(ids, list) else [])
        except ValueError as error:
            return self._said(session, str(error))
        return self._said(session)

    def reopen(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        return self._done(session, lambda: session.reopen(sent(event, "id")))

    def upload(self, data: bytes | None, request: gr.Request) -> Update:
        session = session_of(request)
        return self._done(session, lambda: session.upload(data or b""))

    def remove(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        try:
            session.remove(sent(event, "id"))
        except ValueError as error:
            return self._said(session, str(error))
        return self._said(session)

    def save(self, request: gr.Request, event: gr.EventData) -> Update:
        """A run as one file, which the browser fetches."""
        session = session_of(request)
        try:
            name, data = session.dump(sent(event, "id"))
        except ValueError as error:
            return {**self._said(session, str(error)), self.board.file: None}
        return {**self._said(session), self.board.file: save_bytes_to_cache(data, name, self.board.file.GRADIO_CACHE)}

    def numbers(self, request: gr.Request, event: gr.EventData) -> Update:
        session, kind = session_of(request), "csv" if sent(event, "kind") == "csv" else "json"
        try:
            return {self.board.saved: shelf.numbers(session, sent(event, "id"), kind)}
        except ValueError as error:
            return self._said(session, str(error))

    def see(self, request: gr.Request) -> Update:
        return self._said(session_of(request))

    def onward(self, request: gr.Request, event: gr.EventData) -> Update:
        """The next kept picture; from the newest step, the first one. The browser asks again until the end."""
        session, run = session_of(request), session_of(request).run
        if session.claim(press(event)) and run is not None:
            session.running = False
            with session.held():
                steps = [kept.step for kept in run.history.snapshots]
                stride, now = -(-len(steps) // LONGEST), session.shown
                later = [step for step in steps if now is not None and step > now]
                following = steps[0] if now is None else later[min(stride, len(later)) - 1] if later else run.step
                session.shown = following if following < run.step else None
                session.ablation = None
        return self.pictures.frame(session)

    def _done(self, session: Session, act: Callable[[], None]) -> Update:
        """Another run has the page, or a sentence says why not."""
        try:
            act()
        except ValueError as error:
            return {**self.pictures.everything(session), **self._said(session, str(error))}
        return {**self.pictures.everything(session), self.board.shelf: shelf.value(session)}

    def _said(self, session: Session, problem: str = "") -> Update:
        return {self.board.shelf: shelf.value(session, problem), self.board.transport: transport.value(session)}
