"""The results of a comparison as a table, and the marks of its time line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.comparison.results import THRESHOLD, Spread, results
from playground.comparison.trials import Trials
from playground.wording import percent

COLUMNS = [
    {"label": "variant", "align": "left"},
    "parameters",
    "active",
    {"label": "loss", "title": "on held-out examples, nats per token"},
    {"label": "best accuracy", "title": "on held-out examples"},
    {"label": f"steps to {percent(THRESHOLD, 0)}", "title": "of scored tokens of held-out examples"},
    {"label": "CPU seconds to it", "title": "of its updates"},
    {"label": "tokens/s", "title": "per CPU second of an update"},
    {"label": "KV cache, B/token"},
]
BETTER = ((3, "loss", 1), (4, "best", -1), (5, "steps", 1), (6, "seconds", 1))  # column, number, 1: less is better


def rows(trials: Trials, until: int) -> dict[str, Any]:
    """{columns, rows, name, title} for a table; a cell is {value, text}."""
    found, told = [], results(trials, until=until)
    for i, row in enumerate(told):
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
                {"value": 0, "text": f"{row.state:,} B in all"} if row.state else row.cache or None,
            ]
        )
    for at, name, sign in BETTER:
        first = ahead([getattr(row, name) for row in told], trials.seeds, sign)
        texts = [row[at] and row[at]["text"] for row in found]
        if first is not None and texts.count(texts[first]) == 1:  # not where only hidden digits differ
            found[first][at]["best"] = True
    spread = f"mean of {trials.seeds} seeds ± standard deviation" if trials.seeds > 1 else "one seed"
    return {
        "columns": COLUMNS,
        "rows": found,
        "name": "comparison",
        "title": f"Results at step {until:,}",
        "note": spread,
    }


def ahead(spreads: Sequence[Spread | None], seeds: int, sign: int) -> int | None:
    """Which is best (the lowest for sign 1, the highest for -1), if it is so by more than the standard deviations of it
    and of the next, and all its seeds have the number.
    """
    there = sorted((sign * s.mean, i) for i, s in enumerate(spreads) if s is not None and s.seeds == seeds)
    if not there or len(spreads) < 2:
        return None
    index = there[0][1]
    best, *others = (s for s in (spreads[index], *spreads[:index], *spreads[index + 1 :]) if s is not None)
    near = any(sign * (other.mean - best.mean) <= other.deviation + best.deviation for other in others)
    return None if near else index


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
