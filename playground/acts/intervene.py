"""Presses inside the Intervene lens: which experiment, with which inputs, begun and ended."""

from __future__ import annotations

from typing import Any

from playground.acts import board
from playground.acts.board import Update
from playground.acts.event import Event
from playground.acts.looking import recorded, shown
from playground.views.intervene.trial import subject
from playground.views.intervene.trials import TRIALS, chosen, inputs
from playground.views.intervene.work import compute, redraw
from playground.visitors.session import Session

STACKS = ("decoder", "encoder", "cross")


def see(session: Session, event: Event) -> Update:
    """Another experiment, or another input of this one."""
    trial, name, state = event.get("trial"), event.get("name"), session.intervene
    if isinstance(trial, str) and trial in TRIALS and trial != state.trial:
        session.jobs.cancel("intervene")
        state.trial, state.said, state.tone = trial, "", ""
    elif isinstance(name, str) and session.run is not None:
        _choose(session, name, event.get("value"))
    return shown(session)


def _choose(session: Session, name: str, value: object) -> None:
    trial = chosen(session)
    field = next((f for f in inputs(session, trial, subject(session)) if f.name == name), None)
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    if field is None or not any(value == each and type(value) is type(each) for each, _ in field.options):
        return
    session.intervene.chosen[trial.id, name] = value
    session.intervene.said = session.intervene.tone = ""
    if field.at_once:
        redraw(session)


def begin(session: Session, event: Event) -> Update:
    """Run the experiment in sight."""
    if session.run is None:
        return recorded(session)
    state = session.intervene
    state.said, state.tone, state.done = "", "", 0.0

    def failed(sentence: str) -> None:
        state.said, state.tone = f"{sentence.rstrip('.')}. Choose other inputs.", "error"

    session.jobs.begin("intervene", compute(session), failed)
    return shown(session)


def halt(session: Session, event: Event) -> Update:
    """End it; the numbers so far stay."""
    session.jobs.cancel("intervene")
    return shown(session)


def pick(session: Session, event: Event) -> Update:
    """A head of a heat map, for the Attention lens, or an expert, for the Experts lens."""
    which, layer, unit = event.get("which"), event.number("layer", 0, 255), event.number("head", 0, 4095)
    if isinstance(which, str) and which.endswith(" expert"):
        return _expert(session, which.removesuffix(" expert"), layer, unit)
    session.which = which if isinstance(which, str) and which in STACKS else session.which
    session.head = (layer, unit)
    return shown(session)


def _expert(session: Session, stack: str, layer: int, expert: int) -> Update:
    if session.run is None:
        return recorded(session)
    seen = session.routed()
    if seen is not None and (stack, layer) in seen.places:
        session.experts.take("layer", seen.places.index((stack, layer)))
        session.experts.take("expert", expert)
    return {**shown(session), **board.frame(session, "experts")}


def computed(session: Session, charts: bool) -> Update:
    """What is known so far."""
    return board.intervened(session, told=charts) if session.run is not None else {}


ACTS: dict[str, Any] = {"intervene": {"see": see, "begin": begin, "halt": halt, "pick": pick}}
FRAMES = {"intervene": computed}
