"""The Playground page's events. Handlers return {component: value} and leave out what did not change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from playground.controls import Accordion
from playground.pages.acts import Acts
from playground.pages.frame import NOW, PRIVATE, SESSIONS, session_of
from playground.replay import FILE
from playground.session import Session
from playground.views import attention, column, learning, notes, predictions, task, transport

Update = dict[Any, Any]
REPLAY = f"/gradio_api/file={FILE}"


@dataclass
class Board:
    """The page's components by name."""

    token: gr.Textbox
    pages: gr.Tabs
    transport: Any = None
    replay: Any = None
    task: Any = None
    column: Any = None
    lenses: Any = None
    attention: Any = None
    roles: Any = None
    finding: Any = None
    table: Any = None
    predictions: Any = None
    forms: dict[str, Any] = field(default_factory=dict)
    panels: dict[str, Any] = field(default_factory=dict)
    charts: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    def lens(self) -> list[Any]:
        """Everything that a frame may update."""
        return [
            self.transport,
            self.attention,
            self.roles,
            self.finding,
            self.table,
            *self.charts.values(),
            self.predictions,
        ]

    def all(self) -> list[Any]:
        """Every component that handlers write."""
        return [
            *self.lens(),
            self.replay,
            self.task,
            self.column,
            *self.forms.values(),
            *self.panels.values(),
            *self.notes.values(),
            self.lenses,
        ]


class Pictures:
    """Session -> updates of the board."""

    def __init__(self, board: Board, forms: list[Accordion]):
        self.board, self.accordions = board, forms

    def frame(self, session: Session, *, charts: bool = True) -> Update:
        """The transport and the lens in sight; `charts` False leaves out what need not change at every frame."""
        with session.lock:  # one run and one step in all of it, whatever is pressed meanwhile
            return self._frame(session, charts)

    def _frame(self, session: Session, charts: bool) -> Update:
        board = self.board
        if session.run is None:  # the replay has the board
            told = transport.value(session) if session.place or session.notice else gr.skip()
            return {board.transport: told}  # Gradio refuses an empty answer
        out: Update = {board.transport: transport.value(session)}
        if session.lens == "attention":
            snapshot = session.look()
            out[board.attention] = attention.value(session, snapshot)
            if charts:
                out[board.roles] = attention.roles(session, snapshot)
        elif session.lens == "learning" and charts:
            found = learning.value(session)
            out |= {board.finding: found["finding"], board.table: learning.table(session)}
            out |= {board.charts[name]: found[name] for name in board.charts}
        elif session.lens == "predictions" and charts:
            out[board.predictions] = predictions.value(session)
        return out

    def controls(self, session: Session) -> Update:
        """The configuration column and the lines below the lens."""
        board = self.board
        out: Update = {board.column: column.value(session), board.replay: {"on": session.run is None, "src": REPLAY}}
        out[board.task] = task.value(session)
        out |= {board.forms[each.name]: column.form(session, each) for each in self.accordions}
        return out | {board.notes[session.lens]: notes.value(session, session.lens)}

    def everything(self, session: Session) -> Update:
        """All of it."""
        with session.lock:
            return {**self.frame(session), **self.controls(session)}


def wire(demo: gr.Blocks, board: Board, forms: list[Accordion]) -> None:
    """Bind every event of the page."""
    pictures = Pictures(board, forms)
    acts = Acts(pictures)
    everything, lens = board.all(), board.lens()

    def long(event: Any, handler: Any, outputs: list[Any]) -> None:
        """Events that train: through the queue, many at once; `Slots` decides who computes."""
        event(handler, None, outputs, trigger_mode="multiple", concurrency_limit=48, **PRIVATE)

    def short(event: Any, handler: Any, outputs: list[Any] | None, mode: str = "multiple") -> None:
        event(handler, None, outputs, trigger_mode=mode, **NOW)

    tp, col, att = board.transport, board.column, board.attention
    long(tp.play, acts.play, everything)
    long(tp.halve, acts.halve, everything)
    for name, handler in (
        ("pause", acts.pause),
        ("step", acts.step),
        ("reset", acts.reset),
        ("seek", acts.seek),
        ("back", acts.back),
        ("link", acts.share),
    ):
        short(getattr(tp, name), handler, everything if name == "reset" else lens)
    long(col.preset, acts.preset, everything)
    long(col.restart, acts.restart, everything)
    short(col.undo, acts.undo, everything)
    for each in board.forms.values():
        short(each.edit, acts.edit, everything)
    for name, handler in (
        ("look", acts.look),
        ("probe", acts.probe),
        ("select", acts.select),
        ("ablate", acts.ablate),
        ("restore", acts.restore),
    ):
        short(getattr(att, name), handler, [*lens, board.notes["attention"]])
    short(board.predictions.prompt, acts.prompt, [board.predictions])
    for each in (att, board.predictions, board.finding, *board.notes.values()):
        long(each.do, acts.do, everything)

    def turn(request: gr.Request, event: gr.SelectData) -> Update:
        session = session_of(request)
        name = event._data.get("id") if isinstance(event._data, dict) else None
        session.lens = name if name in board.notes else session.lens
        return {**pictures.frame(session), board.notes[session.lens]: notes.value(session, session.lens)}

    short(board.lenses.select, turn, [*lens, *board.notes.values()])

    def attach(token: Any, request: gr.Request) -> Update:
        """On load the browser names its run; after a reload the same run comes back, paused. A link's configuration
        wins.
        """
        session = SESSIONS.attach(str(request.session_hash), token)
        return acts.opened(session, dict(request.query_params))

    def leave(request: gr.Request) -> None:
        SESSIONS.leave(str(request.session_hash))

    told = demo.load(attach, board.token, everything, js="() => pg.token()", **NOW)
    told.then(None, None, None, js="() => pg.attached()", **NOW)
    demo.unload(leave)
