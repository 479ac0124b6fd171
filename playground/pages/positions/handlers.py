"""Presses on the Positions page. Each answer holds the column and the tab in sight."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import gradio as gr

from playground.pages.event import sent
from playground.pages.frame import session_of
from playground.pages.positions.board import Board, Update
from playground.pages.positions.experimenting import Experimenting
from playground.positions.settings import KEPT, TABS, PositionSettings
from playground.settings.edited import Edited
from playground.settings.paths import ordered
from playground.views.positions import link, trained
from playground.visitors.session import Session

LONGEST = 4000  # characters of an action


class Hands:
    """Handlers, answered outside the queue."""

    def __init__(self, board: Board, heads: gr.HTML, tabs: gr.Tabs, trying: dict[str, Experimenting]):
        self.board, self.heads, self.tabs, self.trying = board, heads, tabs, trying

    def edit(self, request: gr.Request, event: gr.EventData) -> Update:
        session, path = session_of(request), str(sent(event, "at", ""))[:200]
        with session.hand:
            edited = session.positions
            if path in ("tab", "kept"):
                return {}
            edited.edit(path, sent(event, "value"))
            if path == "position.kind":
                return self.board.everything(edited)
            return self.board.controls(edited) | self.board.pictures(edited.config)

    def open(self, request: gr.Request, event: gr.EventData) -> Update:
        """The page is there: what its address says, or where this visitor left off."""
        session, query = session_of(request), sent(event, "query")
        with session.hand:
            named = {str(name)[:200]: str(text) for name, text in query.items()} if isinstance(query, dict) else {}
            refused = link.opened(session.positions, dict(list(named.items())[:60]))
            session.positions.problems = {"kept": " ".join(refused[:3])} if refused else {}
            selected = gr.update(selected=session.positions.config.tab)
            return {**self.board.everything(session.positions), self.tabs: selected}

    def turn(self, request: gr.Request, event: gr.EventData) -> Update:
        """Another tab. (`gr.SelectData` would fail on anything but a whole selection.)"""
        session, name = session_of(request), sent(event, "id")
        with session.hand:
            if name in TABS:
                session.positions.edit("tab", name)
            tab, seen = session.positions.config.tab, self.board.controls(session.positions)
            if tab == "trained":
                return {**seen, self.heads: trained.value(session)}
            if tab in self.trying:
                return seen | self.trying[tab].everything(self.trying[tab].work(request))
            return self.board.everything(session.positions)

    def do(self, request: gr.Request, event: gr.EventData) -> Update:
        """A link or a cell: "set:{...}" changes controls; "keep", "drop:1", "reset"."""
        session, (what, _, rest) = session_of(request), str(sent(event, "action", ""))[:LONGEST].partition(":")
        with session.hand:
            edited = session.positions
            if what == "set":
                _set(edited, unquote(rest))
            elif what == "keep":
                _keep(edited)
            elif what == "drop" and rest.isdigit():
                edited.edit("kept", [each for i, each in enumerate(edited.raw["kept"]) if i != int(rest)])
            elif what == "reset":
                _reset(session)
            return self.board.everything(edited)


def _set(edited: Edited[PositionSettings], text: str) -> None:
    """The changes together: each may be refused without the others, which are then tried one by one."""
    try:
        changes: dict[str, Any] = json.loads(text)
        pairs = ordered(changes)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return
    for path, value in pairs[:20]:
        if path not in ("tab", "kept"):
            edited.edit(path, value)


def _keep(edited: Edited[PositionSettings]) -> None:
    now, kept = edited.config.now(), edited.config.kept
    if now not in kept and len(kept) < KEPT:
        edited.edit("kept", [each.model_dump() for each in (*kept, now)])


def _reset(session: Session) -> None:
    tab = session.positions.config.tab
    session.positions.reset()
    session.positions.edit("tab", tab)
