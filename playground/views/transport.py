"""The transport bar's value: where the run is, how fast it goes, what happened."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from models.cost import cost
from playground.measures.training import steepest_fall
from playground.runs.run import Run
from playground.settings import limits
from playground.settings.limits import STEPS
from playground.visitors.session import Session

SPARK = 96
LEVELS = ord("n") - ord("0")
LARGEST = 1e30  # nats: of more, differences may be no numbers


def spark(losses: list[float]) -> str:
    """96 characters "0" (smallest) to "n" (largest): one replace in Gradio's diff, never a list."""
    if len(losses) < 2:
        return ""
    bounded = np.clip(np.nan_to_num(losses), -LARGEST, LARGEST)
    points = np.interp(np.linspace(0, len(losses) - 1, SPARK), np.arange(len(losses)), bounded)
    low, high = float(points.min()), float(points.max())
    return "".join(chr(48 + round(LEVELS * (p - low) / ((high - low) or 1.0))) for p in points)


def state(session: Session) -> str:
    """Which of the transport's states a session is in."""
    run = session.run
    if session.running:
        return "running"
    if session.building:
        return "ready"
    if run is None:
        return "replay"
    if run.diverged:
        return "diverged"
    if session.shown is not None and session.shown < run.step:
        return "past"
    if session.budget_left():
        return "finished"
    return "paused" if run.step else "ready"


def value(session: Session) -> dict[str, Any]:
    """Value:
    n: rises with every value sent.
    answers: the newest press (its n) that this value knows of; until then a button shows what was asked for.
    state: replay | ready | running | paused | past | diverged | finished.
    step, last, total: step shown, newest step kept, step where the run ends.
    marks: JSON [[step, text], ...], what was changed or happened.
    rate: tokens per second, 0 or None where nothing runs; device ("CPU"), threads ("1 thread · bf16"),
        why: the reason for that, shown on hover.
    loss, loss_label: number or None, and its name ("train loss").
    spark: 96 characters "0" (smallest) to "n" (largest), the loss from step 0 to `last`; "" for none.
    words: text under the step ("step · running"); "" for the state's own.
    reason: a short sentence instead of rate and device ("recorded, not running"); "" for none.
    more: steps that "Continue for N" adds when the run is finished.
    held: why the pictures are older than the bar ("Building 2 layers, 37,056 parameters."); "" if they are not.
    note: JSON {"tone": "error" | "info", "title", "text", "actions": [[event, label], ...]}, a strip under the bar;
        "" for none.
    runs: how many runs the session has; the header says it.
    history: what the kept pictures take ("History: 60 pictures, 3.2 of 32 MB"), shown on hover of the time line.
    link: address of the shared configuration, relative or absolute; the panel opens when one arrives.

    Events: play (also "Train it now" and "Continue for N"), pause, step, reset, seek {step}, fork (a run of its own
    goes on from the step shown), onward (the next kept picture; asked for until the end), link (the share button); of
    notes: halve, back, both.
    """
    session.sent += 1
    run, now = session.run, state(session)
    common = {
        "n": session.sent,
        "answers": session.answered,
        "state": now,
        "link": session.link,
        "link_note": session.link_note,
        "more": 0,
        "words": "",
        "reason": "",
        "note": "",
        "held": "",
        "runs": len(session.runs()),
        "history": "",
    }
    if session.notice:
        actions = [["both", "Train both"]] if session.notice == session.branched and session.parent() else []
        common["note"] = json.dumps({"tone": "info", "title": "", "text": session.notice, "actions": actions})
    if run is None or session.building:
        return {**common, **_still(session)}
    step = run.step if session.shown is None else min(session.shown, run.step)
    losses = [m.loss for m in run.history.metrics]
    if now == "finished":
        common |= {"reason": session.budget_left(), "more": max(0, min(run.training.steps, STEPS - run.step))}
    if run.diverged:
        common["note"] = _divergence(run)
    return {
        **common,
        "step": step,
        "last": run.step,
        "total": run.training.steps,
        "marks": json.dumps(marks(session)),
        "history": memory(run),
        "rate": round(session.rate) if now == "running" else 0,
        "device": run.place.label,
        "threads": f"{run.place.detail} · {run.precision.name}",
        "why": f"{run.precision.sentence} Precision, under Training, changes it.",
        "loss": float(f"{losses[min(step, len(losses) - 1)]:.4g}"),
        "loss_label": "train loss",
        "spark": spark(losses),
    }


def _still(session: Session) -> dict[str, Any]:
    """Before there is a run: the stored replay, or a model being built."""
    said = {"reason": "recorded, not running"}
    if session.building:
        parameters, layers = f"{cost(session.config.model).parameters:,} parameters", _layers(session)
        said = {"words": f"building {parameters}", "held": f"Building {layers}, {parameters}."}
    return {
        **said,
        "step": 0,
        "last": 0,
        "total": session.config.training.steps,
        "rate": 0,
        "loss": None,
        "marks": "[]",
        "device": "",
        "threads": "",
        "why": "",
        "loss_label": "train loss",
        "spark": "",
    }


def _layers(session: Session) -> str:
    model = session.config.model
    layers = model.layers + (model.encoder_layers if model.topology == "encoder-decoder" else 0)
    return f"{layers} layer{'s' if layers > 1 else ''}"


def _divergence(run: Run) -> str:
    """The note of a run that stopped: the step, the last finite values, the cause, and the ways on."""
    stopped = run.diverged
    assert stopped is not None
    top = run.training.lr
    what = "it" if stopped.lr == top else f"its peak of {top:g}"  # warm-up and schedule go up to it
    actions = [["halve", f"Halve {what} to {top / 2:g} and retry"]]
    kept = [each.step for each in run.history.snapshots if each.step < run.step]
    actions += [["back", f"Look back at step {kept[-1]:,}"]] if kept else []
    title, _, text = str(stopped).partition("number.")
    return json.dumps({"tone": "error", "title": f"{title}number.", "text": text.strip(), "actions": actions})


def marks(session: Session) -> list[list[Any]]:
    """What was changed and what happened, in the order of the steps."""
    run = session.run
    if run is None:
        return []
    found = [[m.step, m.text] for m in run.history.marks]
    fall = steepest_fall([m.loss for m in run.history.metrics])
    learned = fall is not None and fall.after < math.log(len(run.task.vocabulary))
    return sorted([*found, [fall.step, "loss drops"]] if fall and learned else found)


def memory(run: Run) -> str:
    """What the pictures that can be looked back to take."""
    history = run.history
    return f"History: {len(history.snapshots):,} pictures, {history.held / 2**20:.1f} of {history.budget >> 20} MB"


def terms(session: Session) -> dict[str, str]:
    """The limits of one run, and what its updates are computed in, as words."""
    run = None if session.building else session.run
    told = (limits.sentence(), limits.warning(session.config), run.precision.sentence if run else "")
    return {"html": "".join(f"<p>{each}</p>" for each in told if each)}
