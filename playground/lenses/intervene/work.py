"""Carries out an experiment on a copy of the model, and keeps what is found with the run."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass
from typing import Any

from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.intervene.trial import Shown, Subject, Trial, subject
from playground.lenses.intervene.trials import chosen, inputs, settings
from playground.runs.run import Run
from playground.visitors.jobs import Steps
from playground.visitors.session import Session

TOLD = 0.02  # share done from which the time left is told
DRAWN = 0.25  # seconds between two drawings of what is known so far


@dataclass(frozen=True)
class Found:
    """What was found, as the page draws it."""

    step: int
    settings: dict[str, Any]
    probe: str | None
    result: Any
    drawn: dict[str, str]
    bars: dict[str, Any]
    python: tuple[list[str], list[str], int]
    whole: bool


def compute(session: Session) -> Steps:
    """The experiment in sight, until it is done, cancelled, or has had its time."""
    state = session.of(InterveneChoices)
    if session.run is None:
        return
    run, trial = session.run, chosen(session)
    what = subject(session, frozen=True)
    asked = settings(inputs(session, trial, what))
    spent = drawn = 0.0
    start, state.left = time.monotonic(), None

    def late() -> bool:
        return spent > run.patience

    share: float = 0.0
    result = kept = None
    found = trial.start(what, asked, late)
    try:
        while True:
            began = time.thread_time()
            step = next(found, None)
            spent += time.thread_time() - began
            if step is None:
                break
            share, result = step[0], step[1] if step[1] is not None else result
            if result is not None and time.monotonic() - drawn > DRAWN:
                keep(session, run, trial, what, asked, result, whole=share >= 1)
                drawn, kept = time.monotonic(), result
            state.done = share
            state.left = (time.monotonic() - start) * (1 - share) / share if share > TOLD else None
            yield
        if share < 1 and late():
            state.said = f"Stopped after {run.patience:.0f} seconds: these are the numbers so far."
    except ValueError as error:
        state.said, state.tone, result = str(error), "error", kept
    finally:  # also where it is cancelled
        if result is not None and result is not kept:
            keep(session, run, trial, what, asked, result, whole=share >= 1)


def keep(
    session: Session, run: Run, trial: Trial, what: Subject, asked: dict[str, Any], result: Any, *, whole: bool
) -> None:
    """Draw a result and remember it with the run (not with the copy that it was computed on)."""
    shown = trial.shown(what, result, asked)
    lines = trial.python(what, result, asked)
    session.of(InterveneChoices).of(run)[trial.id] = Found(
        what.run.step,
        asked,
        what.probe,
        result,
        {
            "maps": json.dumps(shown.maps),
            "finding": json.dumps(shown.finding._asdict()),
            "table": json.dumps(shown.table),
            "note": shown.note,
        },
        _bars(shown),
        (lines.imports, lines.lines, what.run.step),
        whole,
    )


def redraw(session: Session) -> None:
    """After a change of an input that acts at once: draw the result there is anew."""
    trial, run = chosen(session), session.start()
    found: Found | None = session.of(InterveneChoices).of(run).get(trial.id)
    what = subject(session)
    fields = inputs(session, trial, what)
    now = {f.name: f.value for f in fields if f.at_once}
    if found is not None and now and found.probe == what.probe:
        asked = {**found.settings, **now}
        stand_in = what._replace(run=_at(run, found.step))
        keep(session, run, trial, stand_in, asked, found.result, whole=found.whole)


def _at(run: Run, step: int) -> Any:
    """The run, told to be at the step of the result."""
    other = copy.copy(run)
    other.step = step
    return other


def _bars(shown: Shown) -> dict[str, Any]:
    bars = shown.bars or {"title": "", "fig": {}, "said": ""}
    return {"fig": json.dumps(bars["fig"]), "said": bars["said"], "title": bars["title"]}
