"""The Intervene lens: change one thing in the trained model, and see what follows."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.intervene.trial import subject
from playground.lenses.intervene.trials import chosen, inputs, offered, settings
from playground.lenses.intervene.work import Found
from playground.visitors.session import Session
from playground.wording import at_step

TRAIN = "set:" + quote("{}")
SENT = ("name", "label", "options", "value", "kind", "below", "absent", "help")
NOTHING = (
    "Nothing to intervene on yet: train a model first",
    f'The stored replay keeps pictures, not weights. <a data-do="{TRAIN}">Train it now</a>: then switch off heads, '
    "patch activations and swap tokens, while it trains on or after a pause.",
)
READY = {
    "costs": ("Which part is missed most?", "Run it: each part is switched off once, on a copy of the model."),
    "patch": (
        "Which activation carries the answer?",
        "Run it: by default the swap that moves the answer most is taken.",
    ),
    "place": ("What rests on one place?", "Choose a place of the forward pass and what to put there, and run it."),
    "lens": ("From which layer on is the answer there?", "Run it: every layer is read as if it were the last."),
    "rollout": ("Which tokens does a position draw on?", "Run it, and choose a position."),
    "swap": ("What does one token decide?", "Choose a position and a token, and run it."),
    "check": ("Do the heads that look like induction heads do the work?", "Run it when the loss has fallen."),
}


def nothing(n: int = 0) -> dict[str, Any]:
    """What stands here before there is a run."""
    return {"n": n, "empty": json.dumps(dict(zip(("title", "html"), NOTHING, strict=True)))}


def value(session: Session) -> dict[str, Any]:
    """One of a few experiments: inputs, Run, heat maps, the finding, the numbers ("JSON" is a JSON string).

    Value:

        n            number of the frame
        empty        JSON {title, html} instead of all the rest, or ""
        trials, trial  JSON [[id, label]]; the one shown
        does         html: what it does, and its paper
        fields       JSON [{name, label, options: [[id, label]], value, kind, below, absent, help}], see `Field`
        probes, probe  JSON [[id, label]], empty for an experiment without; the one in use
        tokens       JSON [token] of the probe, for inputs of the kind place
        state, done, words, tone  idle | running; share done; the words beside Run; "error" or ""
        again, step  whether there is a result; of which step
        finding      JSON {title, html}
        maps         JSON [{title, note, heat: see figures/heat.py, pick: what its cells are, or ""}]
        table        JSON {columns, rows, name, title} or ""
        note         on how many examples, with which errors
        bars         title of the chart in the slot "intervene-bars", or ""

    Events (see acts.py): see {trial} or {name, value}; begin; halt; pick {which, layer, head}; probe {id};
    do {action}.
    """
    session.sent += 1
    run, state, running = session.start(), session.of(InterveneChoices), "intervene" in session.jobs
    trial, what = chosen(session), subject(session)
    fields, found = inputs(session, trial, what), state.of(run).get(trial.id)
    title, html = READY[trial.id]
    drawn = found.drawn if found else {}
    return {
        "n": session.sent,
        "empty": "",
        "trials": json.dumps([[each.id, each.label] for each in offered(run)]),
        "trial": trial.id,
        "does": trial.does,
        "fields": json.dumps([{name: getattr(f, name) for name in SENT} for f in fields]),
        "probes": json.dumps(session.probes(own=True) if trial.probes else []),
        "probe": session.probe_name,
        "tokens": json.dumps(what.tokens("source") if trial.id == "swap" else what.tokens(_stack(fields))),
        "state": "running" if running else "idle",
        "done": state.done if running else 0,
        "tone": state.tone,
        "words": _words(session, found, settings(fields), what.probe if trial.probes else None),
        "again": found is not None,
        "step": found.step if found else 0,
        "finding": drawn.get("finding") or json.dumps({"title": title, "html": html}),
        "maps": drawn.get("maps", "[]"),
        "table": drawn.get("table", ""),
        "note": drawn.get("note", ""),
        "bars": found.bars["title"] if found else "",
    }


def bars(session: Session) -> dict[str, Any]:
    """See `components.plot`."""
    found = session.of(InterveneChoices).of(session.start()).get(chosen(session).id)
    empty = {"fig": "{}", "said": ""}
    return {k: found.bars[k] for k in empty} if found else empty


def _stack(fields: list[Any]) -> str:
    return next((f.value for f in fields if f.name == "stack"), "")


def _words(session: Session, found: Found | None, asked: dict[str, Any], probe: str | None) -> str:
    """Beside Run: what is going on, and of which step and inputs the result is."""
    state, step = session.of(InterveneChoices), session.start().step
    if "intervene" in session.jobs:
        return (
            f"Computing, about {state.left:.0f} s left." if state.left is not None and state.left > 5 else "Computing."
        )
    if state.said:
        before = state.tone == "error" and found is not None
        return f"{state.said} What is shown was computed with the inputs before." if before else state.said
    told = f"Computed{at_step(found.step)}." if found else "Not run yet."
    if found and not found.whole:
        told = f"Stopped{at_step(found.step)}: these are the numbers so far."
    if session.shown is not None:
        told += f" Looking back does not change it: experiments need the newest model, of step {step:,}."
    elif found and found.step != step:
        told += f" The model is at step {step:,} now."
    if found and (found.settings != asked or found.probe != (probe if probe is not None else found.probe)):
        told += " The inputs have changed since: run it again."
    if session.ablation:
        told += " Experiments use the whole model, with nothing else ablated."
    return told
