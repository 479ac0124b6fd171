"""Presses that train, and the time line: play, pause, step, reset, seek, presets, restarts, links in sentences.

It is long because what trains and what moves along the time line end in the same few drawings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from models.config import live
from playground.acts import board
from playground.lenses.lens import Update
from playground.settings import links, presets
from playground.settings.forms import ordered, panel
from playground.settings.limits import STEPS
from playground.views import transport
from playground.visitors.event import Event
from playground.visitors.session import Session

JOB = "train"
LONGEST = 240  # pictures of a playback: half a minute


def play(session: Session, event: Event) -> Update:
    run = session.run
    if run is not None and run.training.steps <= run.step < STEPS:  # "Continue for N"
        session.edit("training.steps", min(run.step + run.config.training.steps, STEPS))
    return _started(session)


def go_on(session: Session) -> None:
    """Train on without a press; what is said stays."""
    if session.building or (session.run is not None and not session.budget_left()):
        notice = session.notice
        session.train()
        session.notice = notice


def halve(session: Session, event: Event) -> Update:
    """Half the learning rate, from the start."""
    if session.run is None:
        return _controlled(session)
    session.edit("training.lr", session.run.training.lr / 2)
    return _started(session, anew=True)


def preset(session: Session, event: Event) -> Update:
    return _adopted(session, event.text("name", 40))


def _adopted(session: Session, name: str) -> Update:
    """A preset, in the lens that it is made for."""
    if name not in presets.PRESETS:
        return _controlled(session)
    lens = presets.PRESETS[name].lens
    session.stop()
    session.adopt(name)
    session.lens = lens or session.lens
    shown = _started(session, anew=True)
    turned = {"tabs": {"id": "lenses", "name": lens, "n": session.sent}} if lens else {}
    return {**shown, **turned, **(_opened(session, ["router"]) if lens == "experts" else {})}


def restart(session: Session, event: Event) -> Update:
    return _started(session, anew=True)


def do(session: Session, event: Event) -> Update:
    """A link in a sentence: "step:548" looks back, "set:{...}" changes controls and trains anew, "preset:copy"."""
    what, _, rest = event.text("action", links.LONGEST).partition(":")
    if what == "step" and rest.isascii() and rest.isdigit() and len(rest) < 10:
        return _look_back(session, int(rest))
    if what == "preset":
        return _adopted(session, rest)
    return _set(session, rest) if what == "set" else _controlled(session)


def _set(session: Session, text: str) -> Update:
    """Change controls: live ones act at once and the run goes on, others train anew. Every value goes through the
    checks of links; where one is refused, nothing changes.
    """
    try:
        changes = json.loads(unquote(text))
    except (ValueError, RecursionError):
        return _controlled(session)
    if not isinstance(changes, Mapping):
        return _controlled(session)
    raw, refused = links.taken(dict(session.raw), ordered(changes))
    if refused:
        session.notice = f"Not started: {' '.join(refused[: links.TOLD])}"
        return _controlled(session)
    run, panels = session.run, _opened(session, sorted({panel(path) for path in changes}))
    if run is None or not run.step or session.building or not set(changes) <= live(run.now):
        session.stop()
        session.load(raw)
        return {**_started(session, anew=True), **panels}
    for path, value in changes.items():
        session.edit(path, value)
    shown = _controlled(session) if session.running or session.budget_left() else _started(session)
    return {**shown, **panels}


def _opened(session: Session, names: list[str]) -> Update:
    """Accordions of the column that are to open."""
    return {"panels": {"open": names, "n": session.sent}} if names else {}


def _started(session: Session, *, anew: bool = False) -> Update:
    """Train, if the controls allow it; what changes at once is the controls, and the transport."""
    if session.problems:
        session.stop()
        session.notice = f"Not started: {next(iter(session.problems.values()))}"
    else:
        session.train(anew=anew)
    return _controlled(session)


def _controlled(session: Session) -> Update:
    return {**board.controls(session), "transport": transport.value(session)}


# ---- the time line ----
def pause(session: Session, event: Event) -> Update:
    """Stop where it is; what was ordered is not built."""
    building = session.building
    session.stop()
    if session.run is None:
        return {**board.frame(session), **board.stored(session)}
    return board.everything(session) if building else board.frame(session)


def step(session: Session, event: Event) -> Update:
    """One update more; every press is one."""
    if session.problems:
        session.stop()
    elif session.budget_left() and not session.building:
        session.stop()
        session.shown = None
    else:
        session.one_step()
    return board.everything(session)


def reset(session: Session, event: Event) -> Update:
    """A new run from the controls, at rest."""
    if session.run is not None:
        session.stop()
        if not session.problems:
            session.rebuild()
    return board.everything(session)


def seek(session: Session, event: Event) -> Update:
    """A step of the past: the kept one at or before it, or with `toward` 1 the one at or after it."""
    return _look_back(session, event.number("step", 0, 10**9), event.number("toward", -1, 1))


def back(session: Session, event: Event) -> Update:
    """The last step before a divergence."""
    return _look_back(session, session.run.step - 1 if session.run is not None else 0)


def onward(session: Session, event: Event) -> Update:
    """The next kept picture; from the newest step, the first one. The browser asks again until the end."""
    run = session.run
    if run is None:
        return board.frame(session)
    steps = [kept.step for kept in run.history.snapshots]
    stride, now = -(-len(steps) // LONGEST), session.shown
    later = [step for step in steps if now is not None and step > now]
    return _look_back(session, steps[0] if now is None else later[min(stride, len(later)) - 1] if later else run.step)


def _look_back(session: Session, step: int, toward: int = 0) -> Update:
    """Everything is shown at a step whose picture is kept, so that numbers and pictures are of one moment."""
    run = session.run
    if run is not None:
        session.stop()
        session.jobs.cancel("ablate")
        kept = [each.step for each in run.history.snapshots]
        first = kept[0] if kept else run.step
        after, before = (s for s in kept if s >= step), (s for s in kept if s <= step)
        found = min(after, default=run.step) if toward > 0 else max(before, default=first)
        session.shown = None if max(step, found) >= run.step else found
        session.ablation = None
    return board.frame(session)


def dismiss(session: Session, event: Event) -> Update:
    """The notice has been read."""
    session.notice = ""
    return {"transport": transport.value(session)}


# ---- what computes ----
def trained(session: Session, charts: bool) -> Update:
    """A picture of what trains."""
    if session.run is None or session.building:
        return board.stored(session)
    return {**board.frame(session, charts=charts), **({"terms": transport.terms(session)} if charts else {})}


ACTS: dict[str, Any] = {
    "transport": {
        "play": play,
        "halve": halve,
        "pause": pause,
        "step": step,
        "reset": reset,
        "seek": seek,
        "back": back,
        "onward": onward,
        "dismiss": dismiss,
    },
    "column": {"preset": preset, "restart": restart},
}
FRAMES = {JOB: trained}
