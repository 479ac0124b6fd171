"""Make a variant as large, or as much work, as the base, by the width of its feed-forward networks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

from models.config import put
from models.cost import Cost, cost
from playground.comparison.variants import changed
from playground.comparison.work import flops_per_example, lengths
from playground.runs.run import RunConfig
from playground.settings.forms import flat, plain
from playground.wording import percent

What = Literal["nothing", "parameters", "active", "FLOPs"]
WHATS: tuple[str, ...] = get_args(What)
CLOSE = 0.05  # share of the base by which a matched variant may be off before it is said that it does not match
NUMBERS: dict[str, tuple[Callable[[Cost, Mapping[str, int]], float], str]] = {
    "parameters": (lambda c, tokens: c.parameters, "parameters"),
    "active": (lambda c, tokens: c.active_parameters, "active parameters"),
    "FLOPs": (flops_per_example, "FLOP per example"),
}
KNOBS = ("model.feed_forward.hidden", "model.width")


class Matched(NamedTuple):
    """The variant as it is trained, and what was changed for it."""

    config: RunConfig
    sentence: str


def match(base: RunConfig, other: RunConfig, what: str) -> Matched:
    """Change the hidden width of the feed-forward networks (the width of the model where there are none) until the
    number that `what` names is as near as it gets to the base's. Says what it changed, also where that is not enough.
    """
    if what not in WHATS:
        raise ValueError(f"Match {', '.join(WHATS)}; got {what!r:.40}.")
    if what == "nothing":
        return Matched(other, "")
    measure, name = NUMBERS[what]
    goal, tokens = measure(cost(base.model), lengths(base)), lengths(other)

    def number(of: Cost) -> float:
        return measure(of, tokens)

    now = number(cost(other.model))
    if now == goal:
        return Matched(other, "")
    path = next(p for p in KNOBS if p in flat(plain(other)))
    old = int(flat(plain(other))[path])
    try:
        found = changed(other, {path: _nearest(other, path, old, number, goal)})
    except ValueError as error:
        raise ValueError(f"It cannot be matched: {error}") from error
    reached, new = number(cost(found.model)), int(flat(plain(found))[path])
    label = "hidden width" if path.endswith("hidden") else "width"
    off = reached / goal - 1
    amount = f"{percent(abs(off))} {'more' if off > 0 else 'fewer'} than" if off else "as many as"
    turned = f"{old:,} → {new:,}" if new != old else f"{old:,}, which stays"
    told = f"{label} {turned}: {reached:,.0f} {name}, {amount} the base."
    return Matched(found, f"Not matched. Even with {told}" if abs(off) > CLOSE else told)


def _nearest(other: RunConfig, path: str, start: int, number: Callable[[Cost], float], goal: float) -> int:
    """The value of a whole-number setting that brings a cost, which rises with it, nearest to the goal."""
    model, name = other.model, path.removeprefix("model.")
    step = 2 * max(1, model.attention.query_heads()) if name == "width" else getattr(model.feed_forward, "split", 1)
    values = range(step, 64 * max(start, step), step)

    def at(value: int) -> float:
        return number(cost(put(model, name, value)))

    place = min(bisect_left(values, goal, key=at), len(values) - 1)
    return min(values[max(0, place - 1) : place + 1], key=lambda value: abs(at(value) - goal))
