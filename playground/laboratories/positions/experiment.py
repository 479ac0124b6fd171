"""What an experiment of the page is, which computes for a while: what it runs, and what is drawn and said of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from models.config import Config
from playground.experiments.base import NAMES, SCHEMES
from playground.findings.finding import Finding
from playground.laboratories.positions.chart import NOTHING, chart
from playground.positions.tries import Try, listed
from playground.settings.rows import rows
from playground.visitors.work import Work
from playground.wording import percent

EVERY_SCHEME = {"schemes": ("Schemes", {name: NAMES[name] for name in SCHEMES})}


class Experiment(NamedTuple):
    """One of them. `module` has figures, frame, finding and python."""

    name: str
    title: str
    config: type[Config]
    module: Any
    charts: dict[str, tuple[str, str]]
    """Figure -> (heading, small print)."""
    settings: tuple[str, ...]
    first: Finding
    """Before anything has run."""
    words: Callable[[Any], str]
    """Where it is, in words."""
    seen: Callable[[Any], bool]
    """Whether there is anything to draw."""
    tries: tuple[Try, ...]
    choices: dict[str, tuple[str, dict[str, str]]] = {}  # noqa: RUF012  # never changed
    """Field -> (label, {option: as it is shown}), of which any number may be chosen."""

    def rows(self) -> list[dict[str, Any]]:
        """Of its form."""
        return [{**row, "advanced": False} for row in rows(self.config, only=self.settings)]


def bar(experiment: Experiment, work: Work, *, running: bool = False) -> dict[str, Any]:
    """Value:

    n      number of the answer
    state  idle, running
    words  where it is
    done   share of the work, 0 to 1
    tone   "error" where `words` says what went wrong, else ""
    picks  JSON [[field, label, [[option, label, chosen]]]]

    Events: begin; halt; pick {at, value: [option, ...]}.
    """
    work.sent += 1
    problem = next(iter(work.edited.problems.values()), "")
    words = work.said or "Not run yet."
    if running:
        words = progressing(experiment, work.progress) if work.progress is not None else "Starting."
    elif work.progress is not None and work.progress.config != work.edited.config:
        words = f"{work.said} The settings have changed since: run it again."
    return {
        "n": work.sent,
        "state": "running" if running else "idle",
        "words": problem or words,
        "tone": "error" if problem or work.tone else "",
        "done": work.progress.done if running and work.progress is not None else 0,
        "picks": json.dumps(picks(experiment, work.edited.config)),
    }


def head(experiment: Experiment, progress: Any) -> dict[str, Any]:
    """Of a `headline`."""
    found = experiment.first if progress is None else experiment.module.finding(progress)
    return {"title": found.title, "html": found.html}


def charts(experiment: Experiment, progress: Any) -> dict[str, dict[str, Any]]:
    """Of a `chart`; before the first point there is none."""
    if progress is None or not experiment.seen(progress):
        return dict.fromkeys(experiment.charts, NOTHING)
    made = experiment.module.figures(progress)
    return {name: chart(title, note, made[name]) for name, (title, note) in experiment.charts.items()}


def table(experiment: Experiment, progress: Any) -> dict[str, Any]:
    """Of a `table`: every number, and as CSV."""
    if progress is None:
        return {"columns": "[]", "rows": "[]", "name": experiment.name, "title": ""}
    found = experiment.module.frame(progress)
    cells = [
        [None if isinstance(cell, float) and math.isnan(cell) else _round(cell) for cell in row]
        for row in found.itertuples(index=False, name=None)
    ]
    return {
        "columns": json.dumps([str(column) for column in found.columns]),
        "rows": json.dumps(cells),
        "name": f"positions-{experiment.name}",
        "title": "Every number",
    }


def _round(cell: Any) -> Any:
    return float(f"{cell:.5g}") if isinstance(cell, float) else cell


def notes(experiment: Experiment, config: Config) -> dict[str, Any]:
    """Of `notes`."""
    return {"try": json.dumps(listed(experiment.tries)), "python": experiment.module.python(config)}


def picks(experiment: Experiment, config: Config) -> list[list[Any]]:
    """[[field, label, [[option, label, chosen]]]]."""
    return [
        [field, label, [[option, text, option in getattr(config, field)] for option, text in options.items()]]
        for field, (label, options) in experiment.choices.items()
    ]


def progressing(experiment: Experiment, progress: Any) -> str:
    return f"{experiment.words(progress)} · {percent(progress.done, 0)}"
