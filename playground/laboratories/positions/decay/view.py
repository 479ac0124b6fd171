"""The tab "Long-term decay": what becomes of a score with distance."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from playground.figures import position as figures
from playground.laboratories.positions import dials
from playground.laboratories.positions.chart import NOTHING, chart
from playground.laboratories.positions.python import lines as python
from playground.positions import decay, findings
from playground.positions.names import names
from playground.positions.rotation import wavelengths
from playground.positions.scheme import built
from playground.positions.settings import PositionSettings, Setting
from playground.positions.tries import Try, listed

FORMULA = "bound(s) = <sup>2</sup>/<sub>r</sub> Σ<sub>j</sub> | Σ<sub>k&lt;j</sub> e<sup>i s θ<sub>k</sub></sup> |"
TRIES: tuple[Try, ...] = (
    (
        "Base 500,000",
        {"position.kind": "RoPE", "position.base": 500000},
        "as LLaMA 3: slower pairs keep distant tokens in reach",
    ),
    ("Base 100", {"position.kind": "RoPE", "position.base": 100}, "turns fast and soon says nothing more"),
    ("Head dimension 32", {"position.kind": "RoPE", "head_dim": 32}, "fewer pairs, larger waves"),
    ("ALiBi", {"position.kind": "ALiBi"}, "falls in a straight line instead"),
)
Lines = list[tuple[str, np.ndarray]]


def value(settings: PositionSettings) -> dict[str, dict[str, Any]]:
    """Value of each view of the tab."""
    return {"decay-notes": {"try": json.dumps(listed(TRIES)), "python": python(settings)}} | _seams(settings)


def _seams(settings: PositionSettings) -> dict[str, dict[str, Any]]:
    match built(settings, 1).seam:
        case "rotate":
            return _rotated(settings)
        case "embed":
            return _absolute(settings)
        case "none":
            found = findings.nothing()
            act = json.dumps(["Look at RoPE", 'set:{"position.kind": "RoPE"}'])
            return _shown({"title": found.title, "html": found.html, "act": act})
    return _added(settings)


def _shown(head: dict[str, Any], **charts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    empty = {"decay": NOTHING, "dials": dials.NOTHING, "products": NOTHING, "waves": NOTHING} | charts
    return {"decay-head": head, "decay-dials": empty.pop("dials"), **empty}


def alike(settings: PositionSettings) -> tuple[list[Setting], tuple[int, ...]]:
    """The setting in hand with those of the kept ones that have the same quantity, and which have not."""
    seam = built(settings, 1).seam
    group = {"rotate": {"rotate"}, "embed": {"embed"}, "none": {"none"}}.get(seam, {"bias", "relative"})
    inside = [built(each, 1).seam in group for each in settings.kept]
    kept = [each for each, here in zip(settings.kept, inside, strict=True) if here]
    return [settings.now(), *kept], tuple(i for i, here in enumerate(inside) if not here)


def _lines(settings: PositionSettings, quantity: Callable[[Setting], np.ndarray]) -> Lines:
    drawn, _ = alike(settings)
    return list(zip(names(drawn), map(quantity, drawn), strict=True))


def _cursor(settings: PositionSettings, heights: np.ndarray) -> tuple[int, str]:
    apart = abs(settings.query - settings.key)
    high, low = max(settings.query, settings.key), min(settings.query, settings.key)
    there = f": {heights[apart]:.2f}" if apart < len(heights) else ""
    return apart, f"{high} − {low} = {apart}{there}".replace(": -", ": −")


def _rotated(settings: PositionSettings) -> dict[str, dict[str, Any]]:
    lines = _lines(settings, lambda each: decay.bound(each, settings.distance))
    heights = lines[0][1]
    found = findings.bound(lines, settings.key)
    wave = findings.rise(heights)
    figure = figures.by_distance(
        lines,
        y_title="bound on similarity",
        least=0.0,
        trained=settings.seen(),
        cursor=_cursor(settings, heights),
        points=wave or (),
    )
    mean = _lines(settings, lambda each: decay.products(each, settings.distance).equal)
    chance = decay.products(settings.now(), settings.distance)
    products = figures.by_distance(
        mean,
        y_title="mean q · k / d",
        least=-0.3,
        band=(chance.random - chance.spread, chance.random + chance.spread),
    )
    waves = figures.by_pair(_lines(settings, wavelengths), trained=settings.seen(), plain=dials.unscaled(settings))
    falls = f"{lines[0][0]} falls from {heights[0]:.2f} at 0 to {heights[-1]:.2f} at {len(heights) - 1}"
    note = f"head dimension {settings.head_dim}; computed, not fitted"
    return _shown(
        {"title": found.title, "html": found.html},
        decay=chart("Bound on similarity by distance", note, figure, f"RoFormer's bound: {falls}", FORMULA),
        dials=dials.value(settings),
        products=chart(
            "Mean q · k by distance",
            "equal vectors; grey: independent ones, ± 1 sd",
            products,
            f"Mean product of equal vectors, 1 at distance 0, {mean[0][1][-1]:.2f} at {settings.distance}",
        ),
        waves=chart("Wavelength of each pair", "tokens per full turn, log scale", waves, dials.said(settings)),
    )


def _absolute(settings: PositionSettings) -> dict[str, dict[str, Any]]:
    lines = _lines(settings, lambda each: decay.similarity(each, settings.distance))
    heights = lines[0][1]
    found = findings.similarity(settings.position.kind, heights, settings.trained)
    figure = figures.by_distance(
        lines, y_title="cosine", least=-0.3, trained=settings.seen(), cursor=_cursor(settings, heights)
    )
    note = f"cosine of what is added, {settings.head_dim} channels"
    said = f"Cosine {heights[1]:.2f} at distance 1, {heights[-1]:.2f} at {len(heights) - 1}" if len(heights) > 1 else ""
    title = "Similarity of two positions by distance"
    return _shown({"title": found.title, "html": found.html}, decay=chart(title, note, figure, said))


def _added(settings: PositionSettings) -> dict[str, dict[str, Any]]:
    head = settings.drawn_head()

    def of_head(each: Setting) -> np.ndarray:
        return decay.added(each, settings.distance)[min(head, each.heads - 1)]

    lines = _lines(settings, of_head)
    heights, kind = lines[0][1], settings.position.kind
    found = findings.added(kind, heights, head)
    figure = figures.by_distance(
        lines, y_title="nats", trained=settings.seen(), cursor=_cursor(settings, heights), least=0.0
    )
    left = [(label, np.exp(np.clip(values - values[0], -50, 3))) for label, values in lines]
    share = figures.by_distance(left, y_title="times the weight at distance 0", least=0.0, trained=settings.seen())
    said = f"{kind} adds {heights[0]:.2f} at distance 0 and {heights[-1]:.2f} at {settings.distance}"
    return _shown(
        {"title": found.title, "html": found.html},
        decay=chart("Added to the score by distance", f"head {head}, in nats", figure, said),
        products=chart("What that leaves of a weight", "e to the difference, other things equal", share, said),
    )
