"""The runs of a session as a table: what sets them apart, where they come from, what came out, what they take."""

from __future__ import annotations

import json
from typing import Any

from playground.views.transport import memory
from playground.visitors.session import Session
from playground.visitors.shelf import BYTES, MOST

MEGA = 2**20


def value(session: Session) -> dict[str, Any]:
    """A dialog; it draws nothing until it is opened. Value:

    n: rises with every value sent.
    rows: JSON [[id, name, origin, steps, loss | null, accuracy | null, MB, whether it is the page's run], ...].
    problem: a sentence about what could not be done, or "".
    said: what the runs take in memory.
    compared: rises when runs were sent to the Compare page; the browser that asked for it turns there.

    Events: see (the dialog opens), reopen {id}, remove {id}, compare {ids}, save {id} (a .safetensors file, so it
    travels as the bus's own event "save"), numbers {id, kind: csv | json}.
    """
    session.sent += 1
    rows = []
    for kept in session.runs():
        seen = kept.run.history.validations()
        last = seen[-1] if seen else None
        numbers = [last.validation_loss, last.validation_accuracy] if last else [None, None]
        rounded = [None if number is None else round(number, 4) for number in numbers]
        size = round(kept.bytes() / MEGA, 1)
        rows.append([kept.id, kept.name(), kept.origin, kept.run.step, *rounded, size, kept.run is session.run])
    return {
        "n": session.sent,
        "rows": json.dumps(rows),
        "problem": session.shelf.problem,
        "said": _said(session),
        "compared": session.compared,
    }


def _said(session: Session) -> str:
    """What all of it takes, and what goes first."""
    total = sum(kept.bytes() for kept in session.shelf.kept) / MEGA
    shelf = f"The shelf holds {len(session.shelf.kept)} of {MOST} runs, {total:.1f} of {BYTES // MEGA} MB"
    run = session.run
    states = f"; states to fork from, {run.checkpoints.size() / MEGA:.1f} MB" if run is not None else ""
    mine = f" {memory(run)}{states}." if run is not None else ""
    return f"{shelf}; the oldest goes first, and all of it goes with this tab.{mine}"


def numbers(session: Session, number: object, kind: str) -> dict[str, Any]:
    """The metrics of a run as a file that the browser saves; see static/commands.js. Raises ValueError for a run
    that is not there.
    """
    kept = session.run_of(number)
    session.sent += 1
    history, name = kept.run.history, f"run-{kept.id}-{kept.preset}-step-{kept.run.step}"
    if kind == "csv":
        text = history.frame().to_csv(index=False)
    else:
        config = kept.run.now.model_dump(mode="json")
        text = json.dumps({"name": kept.name(), "origin": kept.origin, "config": config, **history.export()})
    return {"n": session.sent, "name": f"{name}.{kind}", "text": text}
