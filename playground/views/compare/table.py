"""The results of a comparison as a table, and the marks of its time line."""

from __future__ import annotations

from typing import Any

from playground.comparison.results import THRESHOLD, Spread, results
from playground.comparison.trials import Trials
from playground.wording import percent

COLUMNS = [
    {"label": "variant", "align": "left"},
    "parameters",
    "active",
    {"label": "loss", "title": "on unseen examples, nats per token"},
    {"label": "best accuracy", "title": "on unseen examples"},
    {"label": f"steps to {percent(THRESHOLD, 0)}", "title": "of scored tokens of unseen examples"},
    {"label": "CPU seconds to it", "title": "of its updates"},
    {"label": "tokens/s", "title": "per CPU second of an update"},
    {"label": "KV cache, B/token"},
]


def rows(trials: Trials, until: int) -> dict[str, Any]:
    """{columns, rows, name, title} for a table; a cell is {value, text}."""
    found = []
    for i, row in enumerate(results(trials, until=until)):
        found.append(
            [
                {"value": row.name, "text": row.name, "title": f"variant {i}"},
                row.parameters,
                row.active,
                _cell(row.loss, 3),
                _cell(row.best, 1, 100.0, " %"),
                _cell(row.steps, 0, of=trials.seeds),
                _cell(row.seconds, 1),
                _cell(row.rate, 0),
                row.cache or None,
            ]
        )
    spread = f"mean of {trials.seeds} seeds ± standard deviation" if trials.seeds > 1 else "one seed"
    return {
        "columns": COLUMNS,
        "rows": found,
        "name": "comparison",
        "title": f"Results at step {until:,}",
        "note": spread,
    }


def _cell(spread: Spread | None, digits: int, times: float = 1.0, unit: str = "", of: int = 0) -> dict[str, Any] | None:
    if spread is None:
        return None
    text = f"{times * spread.mean:,.{digits}f}{unit}"
    if spread.seeds > 1:
        text += f" ± {times * spread.deviation:,.{digits}f}"
    if of and spread.seeds < of:
        text += f" ({spread.seeds} of {of} seeds)"
    return {"value": spread.mean, "text": text}


def marks(trials: Trials) -> list[list[Any]]:
    """[step, text, variant] of who first reached the threshold, the mean over its seeds."""
    found = []
    for i, row in enumerate(results(trials)):
        if row.steps is not None and row.steps.seeds == trials.seeds:
            found.append([round(row.steps.mean), f"{trials.variants[i].label} {percent(THRESHOLD, 0)}", i])
    return sorted(found)
