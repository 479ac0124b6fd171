"""The learning lens: what the run has learned so far, as four charts and a finding."""

from __future__ import annotations

import json
import math
from typing import Any

from playground.figures import training as figures
from playground.lenses.learning.finding import finding as finding_of
from playground.runs.training import learning_rate
from playground.views.transport import marks
from playground.visitors.session import Session
from playground.wording import percent

CHARTS = ("loss", "accuracy", "gradient", "rate")


def value(session: Session) -> dict[str, dict[str, Any]]:
    """Value of the finding and of each chart, by name."""
    run = session.start()
    history, total = run.history, run.training.steps
    cursor = run.step if session.shown is None else min(session.shown, run.step)
    steps = [m.step for m in history.metrics]
    seen = history.validations()
    at, done = [m.step for m in seen], history.metrics[1:]
    told = [(s, t) for s, t in marks(session)][-3:]
    before = _before(session)
    session.sent += 1
    charts = {
        "loss": figures.loss(
            (steps, [m.loss for m in history.metrics]),
            (at, [m.validation_loss or 0.0 for m in seen]),
            total=total,
            chance=math.log(len(run.task.vocabulary)),
            floor=run.task.floor,
            marks=told,
            cursor=cursor,
            before=before and (before[0], before[1]),
        ),
        "accuracy": figures.accuracy(
            (steps, [m.accuracy for m in history.metrics]),
            (at, [m.validation_accuracy or 0.0 for m in seen]),
            total=total,
            chance=run.task.chance,
            marks=told,
            cursor=cursor,
            before=before and (before[0], before[2]),
        ),
        "gradient": figures.gradient(
            ([m.step for m in done], [m.gradient_norm for m in done]),
            total=total,
            clip=run.training.clip,
            cursor=cursor,
        ),
        "rate": figures.rate(
            ([m.step for m in done], [m.lr for m in done]),
            total=total,
            top=max([learning_rate(run.training, run.training.warmup), *(m.lr for m in done)]),
            cursor=cursor,
        ),
    }
    finding = finding_of(history, run.task.chance, math.log(len(run.task.vocabulary)))
    head = {"n": session.sent, "title": finding.title, "html": finding.html + extra(session)}
    said = "No held-out examples are measured yet"
    if seen:
        last = seen[-1]
        said = (
            f"At step {last.step:,}: loss {last.validation_loss:.3f}, "
            f"accuracy {percent(last.validation_accuracy or 0.0)} on held-out examples"
        )
    return {
        "finding": head,
        **{
            name: {"n": session.sent, "fig": json.dumps(figure), "said": f"{name}: {said}"}
            for name, figure in charts.items()
        },
    }


def _before(session: Session) -> tuple[list[float], list[float], list[float]] | None:
    """Steps, losses and accuracies on held-out examples of the run that this one was forked from, in the same task."""
    parent, run = session.parent(), session.start()
    if parent is None or parent.run.now.task != run.now.task:
        return None
    seen = parent.run.history.validations()
    return (
        [m.step for m in seen],
        [m.validation_loss or 0.0 for m in seen],
        [m.validation_accuracy or 0.0 for m in seen],
    )


def extra(session: Session) -> str:
    """What the accuracy counts, and the loss in the task's customary unit."""
    run = session.start()
    seen = run.history.validations()
    added = run.history.metrics[-1].penalty
    router = f" The routers add {added:.4f} to what is trained; these curves are without it." if added else ""
    bits = f" {(seen[-1].validation_loss or 0.0) / math.log(2):.2f} {run.task.bits}." if run.task.bits and seen else ""
    return f"{bits}{router} <br>{run.task.meaning[run.topology]} {run.task.accuracy}"


def table(session: Session) -> dict[str, Any]:
    """The twin of the charts: one row per look at held-out examples."""
    columns = [
        "step",
        {"label": "train loss", "digits": 3, "title": "Nats per scored token, of the batch of this step"},
        {"label": "held-out loss", "digits": 3, "title": "Nats per scored token, on the validation examples"},
        {"label": "held-out right", "percent": True, "title": "Share of scored tokens predicted right"},
        {"label": "exact", "percent": True, "title": "Share of examples with every scored token right"},
        {"label": "gradient norm", "digits": 3, "title": "Before clipping"},
        {"label": "learning rate", "digits": 6},
    ]
    rows = [
        [m.step, m.loss, m.validation_loss, m.validation_accuracy, m.validation_exact]
        + ([m.gradient_norm, m.lr] if m.step else [None, None])
        for m in session.start().history.validations()
    ]
    rounded = [[round(cell, 6) if isinstance(cell, float) else cell for cell in row] for row in rows]
    return {
        "columns": json.dumps(columns),
        "rows": json.dumps(rounded),
        "name": f"learning-{session.preset}",
        "title": "Numbers at every validation",
    }
