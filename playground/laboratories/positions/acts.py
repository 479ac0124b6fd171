"""What the events of the Positions page do to its settings."""

from __future__ import annotations

import json
from urllib.parse import unquote

from playground.laboratories.positions import link
from playground.positions.settings import KEPT, PositionSettings
from playground.settings.dotted import ordered
from playground.settings.edited import Edited
from playground.visitors.event import Event
from playground.visitors.session import Session

LONGEST = 4000  # characters of an action
MOST, SAID = 60, 3  # settings of an address, and sentences about those that were left out
HANDS_OFF = ("tab", "kept")  # settings that no control edits


def edit(session: Session, event: Event) -> None:
    path = event.text("at", 200)
    if path not in HANDS_OFF:
        session.positions.edit(path, event.get("value"))


def read(session: Session, event: Event) -> None:
    """The settings of the page's address; what could not be taken is said."""
    query = event.get("query")
    pairs = list(query.items())[:MOST] if isinstance(query, dict) else []
    refused = link.opened(session.positions, {name[:200]: str(text) for name, text in pairs})
    session.positions.problems = {"kept": " ".join(refused[:SAID])} if refused else {}


def do(session: Session, event: Event) -> None:
    """A link or a cell: "set:{...}" changes controls; "keep", "drop:1", "reset"."""
    edited, (what, _, rest) = session.positions, event.text("action", LONGEST).partition(":")
    if what == "set":
        _set(edited, unquote(rest))
    elif what == "keep":
        _keep(edited)
    elif what == "drop":
        edited.edit("kept", [each for i, each in enumerate(edited.raw["kept"]) if str(i) != rest])
    elif what == "reset":
        _reset(edited)


def _set(edited: Edited[PositionSettings], text: str) -> None:
    """The changes together: each may be refused without the others, which are then tried one by one."""
    try:
        changes = json.loads(text)
    except (ValueError, RecursionError):
        return
    for path, value in ordered(changes)[:20] if isinstance(changes, dict) else ():
        if path not in HANDS_OFF:
            edited.edit(path, value)


def _keep(edited: Edited[PositionSettings]) -> None:
    now, kept = edited.config.now(), edited.config.kept
    if now not in kept and len(kept) < KEPT:
        edited.edit("kept", [each.model_dump() for each in (*kept, now)])


def _reset(edited: Edited[PositionSettings]) -> None:
    tab = edited.config.tab
    edited.reset()
    edited.edit("tab", tab)
