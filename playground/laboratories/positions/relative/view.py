"""The tab "Relative only": query and key move on together, and the score is looked at again."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from playground.figures import position as figures
from playground.laboratories.positions import grid
from playground.laboratories.positions.chart import NOTHING, chart
from playground.laboratories.positions.python import shifted
from playground.positions import findings, relative
from playground.positions.names import called, names
from playground.positions.settings import PositionSettings
from playground.positions.tries import Try, listed

FURTHEST = 128  # shift at the right end of the chart, unless the slider is beyond
SIDE = 32
TRIES: tuple[Try, ...] = (
    ("Sinusoidal", {"position.kind": "sinusoidal"}, "the table is regular, yet scores change with the place"),
    ("Learned", {"position.kind": "learned"}, "ends where its table ends"),
    ("RoPE", {"position.kind": "RoPE"}, "turns by the place, and only the difference stays"),
    ("Shaw", {"position.kind": "Shaw"}, "sees nothing but the distance"),
)


def value(settings: PositionSettings) -> dict[str, dict[str, Any]]:
    """Value of each view of the tab."""
    far, head = max(FURTHEST, settings.shift), settings.drawn_head()
    drawn = [settings.now(), *settings.kept]
    seen = [relative.moved(each, settings.query, settings.key, head, far) for each in drawn]
    if not seen[0].scores:
        return _without(settings, seen[0].refused)
    found = findings.relative(called(settings.position), seen[0], settings.query, settings.key)
    sentence = f"{found.html} {_here(settings)}"
    told = [(name, each) for name, each in zip(names(drawn), seen, strict=True) if each.scores]
    figure = figures.by_shift(told, cursor=settings.shift, end=far)
    here, there = _squares(settings)
    return {
        "shift-head": {"title": found.title, "html": sentence},
        "shifts": chart(
            "One score while both move on",
            f"query {settings.query} and key {settings.key} plus the shift, head {head}, fixed contents",
            figure,
            found.title,
        ),
        "scores-here": here,
        "scores-there": there,
        "shift-notes": {"try": json.dumps(listed(TRIES)), "python": shifted(settings)},
    }


def _here(settings: PositionSettings) -> str:
    """What the shift of the slider does to the score."""
    before = relative.score(settings, settings.query, settings.key, settings.drawn_head())
    try:
        after = relative.score(
            settings, settings.query + settings.shift, settings.key + settings.shift, settings.drawn_head()
        )
    except ValueError:
        return ""
    if after == before:
        return f"Shifted by {settings.shift} it is the same to the last digit."
    change = after - before
    told = f"{change:.4f}" if abs(change) >= 5e-4 else f"{change:.0e}"  # rounding alone is told by its size
    return f"Shifted by {settings.shift} it is {after:.4f}, a change of {told}.".replace("-", "−")


def _without(settings: PositionSettings, refused: str) -> dict[str, dict[str, Any]]:
    act = json.dumps(["Move both inside", f'set:{{"query": {settings.trained - 1}, "key": 0}}'])
    head = {"title": "There is no score here", "html": refused, "act": act}
    notes = {"try": json.dumps(listed(TRIES)), "python": ""}
    return {
        "shift-head": head,
        "shifts": NOTHING,
        "scores-here": grid.NOTHING,
        "scores-there": grid.NOTHING,
        "shift-notes": notes,
    }


def _squares(settings: PositionSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """All scores of the first positions, and of as many from the shift on, on one scale."""
    side = min(SIDE, settings.trained) if settings.position.ends else SIDE
    first = relative.square(settings, 0, side)
    try:
        moved = relative.square(settings, settings.shift, side)
    except ValueError:
        moved = None
    every = first if moved is None else np.concatenate([first, moved])
    most = float(np.abs(every).max())
    causal = np.triu(np.ones((side, side), dtype=bool), 1) if settings.sight == "back" else None
    shared = {
        "low": -most,
        "high": most,
        "masked": causal,
        "row_title": "query position",
        "column_title": "key position",
    }
    one = range(side)
    here = grid.grid(
        first, title="Scores at the start", note=f"queries and keys 0 to {side - 1}", rows=one, columns=one, **shared
    )
    if moved is None:
        return here, grid.NOTHING
    change = float(np.abs(moved - first).max())
    two = range(settings.shift, settings.shift + side)
    differs = "the same picture" if change <= relative.SAME * most else f"they differ by up to {change:.3g}"
    say = f"{two[0]} to {two[-1]}: {differs}"
    return here, grid.grid(moved, title=f"Scores from {settings.shift} on", note=say, rows=two, columns=two, **shared)
