"""Presses inside the Intervene lens: which experiment, with which inputs, begun and ended."""

from __future__ import annotations

from playground.lenses.heads import STACKS, recorded
from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.intervene.trial import subject
from playground.lenses.intervene.trials import TRIALS, chosen, inputs
from playground.lenses.intervene.work import compute, redraw
from playground.lenses.lens import Act
from playground.visitors.event import Event
from playground.visitors.session import Session


def see(session: Session, event: Event) -> None:
    """Another experiment, or another input of this one."""
    trial, name, state = event.get("trial"), event.get("name"), session.of(InterveneChoices)
    if isinstance(trial, str) and trial in TRIALS and trial != state.trial:
        session.jobs.cancel("intervene")
        state.trial, state.said, state.tone = trial, "", ""
    elif isinstance(name, str) and session.run is not None:
        _choose(session, name, event.get("value"))


def _choose(session: Session, name: str, value: object) -> None:
    trial = chosen(session)
    field = next((f for f in inputs(session, trial, subject(session)) if f.name == name), None)
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    if field is None or not field.takes(value):
        return
    session.of(InterveneChoices).chosen[trial.id, name] = value
    session.of(InterveneChoices).said = session.of(InterveneChoices).tone = ""
    if field.at_once:
        redraw(session)


def begin(session: Session, event: Event) -> None:
    """Run the experiment in sight."""
    if recorded(session):
        return
    state = session.of(InterveneChoices)
    state.said, state.tone, state.done = "", "", 0.0

    def failed(sentence: str) -> None:
        state.said, state.tone = f"{sentence.rstrip('.')}. Choose other inputs.", "error"

    session.jobs.begin("intervene", compute(session), failed, of_run=True)


def halt(session: Session, event: Event) -> None:
    """End it; the numbers so far stay."""
    session.jobs.cancel("intervene")


def pick(session: Session, event: Event) -> None:
    """A head of a heat map, for the Attention lens, or an expert, for the Experts lens."""
    which, layer, unit = event.get("which"), event.number("layer", 0, 255), event.number("head", 0, 4095)
    if isinstance(which, str) and which.endswith(" expert"):
        _expert(session, which.removesuffix(" expert"), layer, unit)
        return
    session.which = which if isinstance(which, str) and which in dict(STACKS) else session.which
    session.head = (layer, unit)


def _expert(session: Session, stack: str, layer: int, expert: int) -> None:
    if recorded(session):
        return
    seen = session.routed()
    if seen is not None and (stack, layer) in seen.places:
        session.choose("experts", "layer", seen.places.index((stack, layer)))
        session.choose("experts", "expert", expert)


ACTS: dict[str, Act] = {"see": see, "begin": begin, "halt": halt, "pick": pick}
