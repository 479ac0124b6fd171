"""The Playground page's components by name, and a session's updates of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from playground.runs.loads import Routed
from playground.settings.forms import Accordion
from playground.views import (
    attention,
    column,
    experts,
    intervene,
    learning,
    notes,
    predictions,
    published,
    roles,
    task,
    transport,
)
from playground.views.embeddings import lens as embeddings
from playground.views.experts import charts as experts_charts
from playground.views.positions import lens as positions
from playground.visitors.session import Session
from playground.workers.replay import FILE

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
    terms: Any = None
    column: Any = None
    published: Any = None
    lenses: Any = None
    attention: Any = None
    roles: Any = None
    finding: Any = None
    table: Any = None
    experts: Any = None
    ways: Any = None
    told: Any = None
    positions: Any = None
    embeddings: Any = None
    predictions: Any = None
    intervene: Any = None
    effects: Any = None
    shelf: Any = None
    file: Any = None
    """A run to be fetched by the browser."""
    upload: Any = None
    saved: Any = None
    forms: dict[str, Any] = field(default_factory=dict)
    panels: dict[str, Any] = field(default_factory=dict)
    charts: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    def lens(self) -> list[Any]:
        """Everything that a frame of any lens may update."""
        return list(dict.fromkeys(c for name in self.notes for c in self.stream(name)))

    def stream(self, lens: str) -> list[Any]:
        """What a frame of this lens updates."""
        own = {
            "learning": [self.finding, self.table, *self.charts.values()],
            "attention": [self.attention, self.roles],
            "experts": [self.experts, self.ways, self.told],
            "positions": [self.positions],
            "embeddings": [self.embeddings],
            "predictions": [self.predictions],
            "intervene": [self.intervene, self.effects],
        }
        return [self.transport, *own[lens], self.notes[lens]]

    def controls(self) -> list[Any]:
        """The configuration column."""
        return [self.replay, self.task, self.terms, self.column, self.published, *self.forms.values()]

    def all(self) -> list[Any]:
        """Every component that handlers write."""
        return [*self.lens(), *self.controls(), *self.panels.values(), self.lenses]


class Pictures:
    """Session -> updates of the board. Each keeps the visitor's hand off: one run and one step in all of it."""

    def __init__(self, board: Board, forms: list[Accordion]):
        self.board, self.accordions = board, forms

    def frame(self, session: Session, *, lens: str = "", charts: bool = True) -> Update:
        """The transport and the lens in sight, or the one named; `charts` False leaves out what need not change at
        every frame.
        """
        with session.hand:
            board, lens = self.board, lens or session.lens
            if session.run is None or session.building:  # the replay, or nothing yet, has the board
                told = session.place or session.notice or session.building or session.link
                return {board.transport: transport.value(session) if told else gr.skip()}
            with session.held():
                out: Update = {board.transport: transport.value(session)}
                glimpse = session.glimpse() if lens == "attention" else None
                routed = session.routed() if lens == "experts" else None
                posed = session.posed() if lens in ("positions", "embeddings") else None
                if lens == "learning" and charts:
                    found = learning.value(session)
                    out |= {board.finding: found["finding"], board.table: learning.table(session)}
                    out |= {board.charts[name]: found[name] for name in board.charts}
                elif lens == "predictions" and charts:
                    out[board.predictions] = predictions.value(session)
            if glimpse is not None:  # drawn while the run trains on
                snapshot = glimpse()
                out[board.attention] = attention.value(session, snapshot)
                out |= {board.roles: roles.value(session, snapshot)} if charts else {}
            if routed is not None:
                out |= self._experts(session, routed(), charts=charts)
            if posed is not None and lens == "positions":
                out[board.positions] = positions.value(session, posed)
            elif posed is not None:
                out[board.embeddings] = embeddings.value(session, posed, charts=charts)
            if lens == "intervene":
                out |= self.intervened(session, told=False)
            if charts:  # last: the lines name the head that is drawn
                out[board.notes[lens]] = notes.value(session, lens)
            return out

    def intervened(self, session: Session, *, told: bool = True) -> Update:
        """The Intervene lens, whose experiments have a stream of their own; `told`: with the lines of Python."""
        board = self.board
        lines = {board.notes["intervene"]: notes.value(session, "intervene")} if told else {}
        return {board.intervene: intervene.value(session), board.effects: intervene.bars(session), **lines}

    def stored(self, session: Session) -> Update:
        """Whether the stored replay has the board, and the transport."""
        on = session.run is None and not session.building
        return {self.board.replay: {"on": on, "src": REPLAY}, self.board.transport: transport.value(session)}

    def _experts(self, session: Session, seen: Routed | None, *, charts: bool) -> Update:
        board = self.board
        out: Update = {board.experts: experts.value(session, seen, charts=charts)}
        if seen is not None and charts:
            out[board.told] = experts_charts.information(session, experts.chosen_layer(session, seen))
            if session.experts.show == "paths":
                out[board.ways] = experts_charts.ways(session, seen)
        return out

    def controls(self, session: Session) -> Update:
        """The configuration column and the lines below the lens."""
        with session.held():
            board = self.board
            out: Update = {board.column: column.value(session), board.task: task.value(session)}
            out[board.published] = published.value(session)
            out[board.terms] = transport.terms(session)
            out[board.replay] = {"on": session.run is None and not session.building, "src": REPLAY}
            out |= {board.forms[each.name]: column.form(session, each) for each in self.accordions}
            return out | {board.notes[session.lens]: notes.value(session, session.lens)}

    def everything(self, session: Session) -> Update:
        """All of it."""
        with session.held():
            return {**self.frame(session), **self.controls(session)}
