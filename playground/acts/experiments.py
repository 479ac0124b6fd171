"""What each event of the Positions page's experiments does, and what they show while they compute."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from playground.laboratories.positions import progress as view
from playground.laboratories.positions.trials import TRIALS
from playground.views import settings as settings_view
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.visitors.work import Work

Update = dict[str, Any]
LONGEST = 4000  # characters of an action
MOST = 20  # settings of a link


def work_of(session: Session, name: str) -> Work:
    """The visitor's experiment of that tab."""
    if name not in session.experiments:
        session.experiments[name] = Work.of(name)
    return session.experiments[name]


# ---- what is drawn ----
def bar(session: Session, name: str) -> Update:
    """Run or Stop, and where it is."""
    running = name in session.jobs
    return {f"{name}-bar": view.bar(TRIALS[name], work_of(session, name), running=running)}


def controls(session: Session, name: str) -> Update:
    """Its settings, and the lines that repeat it."""
    trial, edited = TRIALS[name], work_of(session, name).edited
    return {
        **bar(session, name),
        f"form:Positions: {name}": settings_view.value(edited, {"": trial.rows()}),
        f"{name}-notes": view.notes(trial, edited.config),
    }


def pictures(session: Session, charts: bool = True, *, name: str) -> Update:
    """What is known so far; without `charts` only how far it is."""
    trial, out = TRIALS[name], bar(session, name)
    if charts:
        progress = work_of(session, name).progress
        out[f"{name}-head"] = view.head(trial, progress)
        out[f"{name}-table"] = view.table(trial, progress, name)
        out |= {f"{name}-{chart}": value for chart, value in view.charts(trial, progress).items()}
    return out


def everything(session: Session, name: str) -> Update:
    """The tab of one experiment."""
    return controls(session, name) | pictures(session, name=name)


# ---- presses ----
def edit(session: Session, event: Event, *, name: str) -> Update:
    work_of(session, name).edited.edit(event.text("at", 200), event.get("value"))
    return controls(session, name)


def do(session: Session, event: Event, *, name: str) -> Update:
    """A link: "set:{...}" changes settings."""
    what, _, rest = event.text("action", LONGEST).partition(":")
    try:
        changes = json.loads(unquote(rest)) if what == "set" else {}
    except (ValueError, RecursionError):
        changes = {}
    for path, value in list(changes.items())[:MOST] if isinstance(changes, dict) else ():
        work_of(session, name).edited.edit(path, value)
    return controls(session, name)


def begin(session: Session, event: Event, *, name: str) -> Update:
    """Run it from the start."""
    work = work_of(session, name)
    if not work.edited.problems:
        session.jobs.begin(name, work.begin(), work.failed)
    return bar(session, name)


def halt(session: Session, event: Event, *, name: str) -> Update:
    """Stop it where it is."""
    if name in session.jobs:
        session.jobs.cancel(name)
        work_of(session, name).halt()
    return pictures(session, name=name)


def _acts(name: str) -> dict[str, dict[str, Callable[..., Update]]]:
    def of(act: Callable[..., Update]) -> Callable[..., Update]:
        return partial(act, name=name)

    return {
        f"{name}-bar": {"begin": of(begin), "halt": of(halt), "pick": of(edit)},
        f"form:Positions: {name}": {"edit": of(edit)},
        f"{name}-notes": {"do": of(do)},
    }


ACTS: dict[str, Any] = {view_name: acts for name in TRIALS for view_name, acts in _acts(name).items()}
FRAMES = {name: partial(pictures, name=name) for name in TRIALS}
