"""What an experiment has found so far, as values of the components of its tab."""

from __future__ import annotations

import json
import math
from typing import Any

from models.config import Config
from playground.laboratories.positions.trials import Trial
from playground.visitors.work import Work
from playground.wording import percent


def bar(trial: Trial, work: Work, *, running: bool = False) -> dict[str, Any]:
    """See `components.runbar`."""
    work.sent += 1
    problem = next(iter(work.edited.problems.values()), "")
    words = work.said or "Not run yet."
    if running:
        words = progressing(trial, work.progress) if work.progress is not None else "Starting."
    elif work.progress is not None and work.progress.config != work.edited.config:
        words = f"{work.said} The settings have changed since: run it again."
    return {
        "n": work.sent,
        "state": "running" if running else "idle",
        "words": problem or words,
        "tone": "error" if problem or work.tone else "",
        "done": work.progress.done if running and work.progress is not None else 0,
        "picks": json.dumps(picks(trial, work.edited.config)),
    }


def head(trial: Trial, progress: Any) -> dict[str, Any]:
    """See `components.headline`."""
    found = trial.first if progress is None else trial.module.finding(progress)
    return {"title": found.title, "html": found.html}


def charts(trial: Trial, progress: Any) -> dict[str, dict[str, Any]]:
    """See `components.chart`; before the first point there is none."""
    if progress is None or not trial.seen(progress):
        return {name: {"title": "", "fig": "{}"} for name in trial.charts}
    made = trial.module.figures(progress)
    return {
        name: {"title": title, "note": note, "fig": json.dumps(made[name]), "said": title}
        for name, (title, note) in trial.charts.items()
    }


def table(trial: Trial, progress: Any, name: str) -> dict[str, Any]:
    """See `components.table`: every number, and as CSV."""
    if progress is None:
        return {"columns": "[]", "rows": "[]", "name": name, "title": ""}
    found = trial.module.frame(progress)
    cells = [
        [None if isinstance(cell, float) and math.isnan(cell) else _round(cell) for cell in row]
        for row in found.itertuples(index=False, name=None)
    ]
    return {
        "columns": json.dumps([str(column) for column in found.columns]),
        "rows": json.dumps(cells),
        "name": f"positions-{name}",
        "title": "Every number",
    }


def _round(cell: Any) -> Any:
    return float(f"{cell:.5g}") if isinstance(cell, float) else cell


def notes(trial: Trial, config: Config) -> dict[str, Any]:
    """See `components.notes`."""
    items = "".join(
        f"<li><a data-do='set:{json.dumps(changes)}'>{text}</a> {what}.</li>" for text, changes, what in trial.tries
    )
    return {"try": json.dumps(f"<ul>{items}</ul>"), "python": trial.module.python(config)}


def picks(trial: Trial, config: Config) -> list[list[Any]]:
    """[[field, label, [[option, label, chosen]]]]."""
    return [
        [field, label, [[option, text, option in getattr(config, field)] for option, text in options.items()]]
        for field, (label, options) in trial.choices.items()
    ]


def progressing(trial: Trial, progress: Any) -> str:
    return f"{trial.words(progress)} · {percent(progress.done, 0)}"
