"""Presses in the configuration column, sharing, and the first values of a page that opens."""

from __future__ import annotations

import gradio as gr

from playground.pages.event import press, sent
from playground.pages.frame import SESSIONS, session_of
from playground.pages.pictures import Pictures, Update
from playground.settings import links
from playground.views import transport
from playground.visitors.session import Session


class Configuring:
    """Handlers, answered outside the queue."""

    def __init__(self, pictures: Pictures):
        self.pictures, self.board = pictures, pictures.board

    def edit(self, request: gr.Request, event: gr.EventData) -> Update:
        session, path = session_of(request), str(sent(event, "at", ""))[:200]
        with session.held():
            before = session.run and session.run.now
            session.edit(path, sent(event, "value"), settled=sent(event, "done") is not False)
        run = session.run
        if run is not None and run.step == 0:  # the model itself may be a new one
            return self.pictures.everything(session)
        changed = run is not None and run.now is not before
        if changed and not (session.running or session.building):  # a stream would show it with its next picture
            return self.pictures.everything(session)
        return {**self.pictures.controls(session), self.board.transport: transport.value(session)}

    def undo(self, request: gr.Request) -> Update:
        session = session_of(request)
        with session.held():
            session.undo()
        return {**self.pictures.controls(session), self.board.transport: transport.value(session)}

    def expand(self, request: gr.Request) -> Update:
        """An accordion is opened: what is in it mounts only now, and may have missed its value in a running stream."""
        return self.pictures.controls(session_of(request))

    def share(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        press(event)
        own_probe = session.probe_text if session.probe_name == "own" else None
        session.link = links.link(session.preset, session.raw, lens=session.lens, probe=own_probe)
        return {self.board.transport: transport.value(session)}

    def opened(self, request: gr.Request, token: object) -> Update:
        """A link's configuration (once: a reload keeps the run), a run that came back, or the stored replay."""
        session = SESSIONS.attach(str(request.session_hash), token)
        query = str(request.query_params)
        shared = links.opened(dict(request.query_params)) if query != session.opened else None
        session.opened = query
        if shared is not None:
            self._take(session, shared)
        out = self.pictures.everything(session)
        return {**out, self.board.lenses: gr.update(selected=session.lens)} if session.run is not None else out

    def _take(self, session: Session, shared: links.Shared) -> None:
        with session.held():
            session.adopt(shared.preset)
            session.load(shared.raw)
            session.lens = shared.lens
            session.restart()
            session.notice = " ".join(shared.sentences)
            if shared.probe:
                try:
                    session.use_probe("own", shared.probe)
                except ValueError as error:
                    session.notice = f"{session.notice} {error}".strip()
