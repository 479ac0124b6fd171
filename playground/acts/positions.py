"""What each event of the Positions page does. Each answer holds the column and the tab in sight."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from playground.acts import experiments
from playground.laboratories.positions import column, decay, link, relative, scheme
from playground.laboratories.positions.trials import TRIALS
from playground.lenses.heads import OF_HEADS
from playground.lenses.lens import Act
from playground.lenses.positions import view as trained
from playground.positions.settings import KEPT, TABS, PositionSettings
from playground.settings.edited import Edited
from playground.settings.paths import ordered
from playground.views import settings as settings_view
from playground.visitors.event import Event
from playground.visitors.session import Session

Update = dict[str, Any]
LONGEST = 4000  # characters of an action
MOST, SAID = 60, 3  # settings of an address, and sentences about those that were left out
HANDS_OFF = ("tab", "kept")  # settings that no control edits
VALUES: dict[str, Callable[[PositionSettings], dict[str, dict[str, Any]]]] = {
    "scheme": scheme.value,
    "decay": decay.value,
    "relative": relative.value,
}
"""What each tab draws; the other tabs compute on their own."""
PARTS = {  # part of a tab -> its view
    "head": "scheme-head",
    "dials": "scheme-dials",
    "large": "scheme-plane",
    "made_of": "scheme-matrix",
    "square": "scheme-square",
    "speeds": "scheme-speeds",
    "curves": "scheme-curves",
    "python": "scheme-notes",
    "decay_head": "decay-head",
    "decay": "decay",
    "decay_dials": "decay-dials",
    "products": "products",
    "decay_waves": "waves",
    "decay_python": "decay-notes",
    "shift_head": "shift-head",
    "shifts": "shifts",
    "here": "scores-here",
    "there": "scores-there",
    "shift_python": "shift-notes",
}
ACTING = (  # views with links or cells that set controls
    "kept",
    *("scheme-head", "scheme-dials", "scheme-plane", "scheme-matrix", "scheme-square", "scheme-notes"),
    *("decay-head", "decay-dials", "decay-notes"),
    *("shift-head", "scores-here", "scores-there", "shift-notes"),
)


# ---- what is drawn ----
def form_title(name: str) -> str:
    """Of one of the column's accordions; the title of the first follows the scheme, that of its form does not."""
    return f"Positions: {column.ACCORDIONS[name].title}"


def controls(edited: Edited[PositionSettings]) -> Update:
    """The column on the left."""
    now = edited.config
    excluded = decay.alike(now)[1] if now.tab == "decay" else ()
    out: Update = {"schemes": column.scheme(edited), "kept": column.card(edited, excluded)}
    for name, each in column.ACCORDIONS.items():
        kinds = {"": each.rows}
        value = settings_view.value(edited, kinds, hidden=column.hidden(now), hints=column.hints(now))
        out[f"form:{form_title(name)}"] = value
    return out | {"label": {"id": "position-scheme", "text": column.title(now)}}


def pictures(settings: PositionSettings) -> Update:
    """The tab in sight; nothing is sent to the others."""
    values = VALUES.get(settings.tab)
    return {PARTS[name]: value for name, value in values(settings).items()} if values else {}


def everything(session: Session) -> Update:
    """The column and the tab in sight."""
    edited = session.positions
    tab, seen = edited.config.tab, controls(edited)
    if tab == "trained":
        return {**seen, "trained-heads": trained.value(session)}
    return seen | (experiments.everything(session, tab) if tab in TRIALS else pictures(edited.config))


# ---- presses ----
def edit(session: Session, event: Event) -> Update:
    path = event.text("at", 200)
    if path not in HANDS_OFF:
        session.positions.edit(path, event.get("value"))
    return everything(session)


def open_(session: Session, event: Event) -> Update:
    """The page is there: what its address says, or where this visitor left off."""
    query = event.get("query")
    pairs = list(query.items())[:MOST] if isinstance(query, dict) else []
    refused = link.opened(session.positions, {name[:200]: str(text) for name, text in pairs})
    session.positions.problems = {"kept": " ".join(refused[:SAID])} if refused else {}
    session.sent += 1
    tab = {"id": "position-tabs", "name": session.positions.config.tab, "n": session.sent}
    return {**everything(session), "tabs": tab}


def turn(session: Session, event: Event) -> Update:
    """Another tab."""
    name = event.get("id")
    if name in TABS:
        session.positions.edit("tab", name)
    return everything(session)


def do(session: Session, event: Event) -> Update:
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
    return everything(session)


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


# ---- the tab "Trained model": presses of the Playground's Positions lens, on the same run ----
def _on_heads(act: Act) -> Callable[[Session, Event], Update]:
    def answer(session: Session, event: Event) -> Update:
        if session.run is not None:
            act(session, event)
        return {"trained-heads": trained.value(session)}

    return answer


def told(session: Session, event: Event) -> Update:
    """A link of the finding; what trains is for the Playground."""
    return {"trained-heads": trained.value(session)}


ACTS: dict[str, Any] = {
    "schemes": {"edit": edit, "open": open_},
    **{f"form:{form_title(name)}": {"edit": edit} for name in column.ACCORDIONS},
    **{view: {"do": do} for view in ACTING},
    "position-tabs": {"turn": turn},
    "trained-heads": {
        **{name: _on_heads(act) for name, act in OF_HEADS.items()},
        "do": told,
    },
}


def heads(session: Session, charts: bool) -> Update:
    """The heads of the run on the Playground page, while it trains there."""
    there = session.run is not None and not session.building and session.positions.config.tab == "trained"
    return {"trained-heads": trained.value(session)} if there else {}


FRAMES = {"train": heads, "ablate": heads}
