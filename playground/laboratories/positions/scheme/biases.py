"""The tab "The scheme" for what acts on scores: biases, buckets, and terms that depend on the query."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from models.position import T5
from models.position.alibi import slopes
from models.position.t5 import bucket
from playground.figures import position as figures
from playground.laboratories.positions.chart import chart
from playground.laboratories.positions.scheme.square import square, window
from playground.positions import decay
from playground.positions.scheme import built, scores
from playground.positions.settings import PositionSettings

Value = dict[str, dict[str, Any]]
HEADS = 4  # curves in one chart


def bias(settings: PositionSettings) -> Value:
    """A number for each distance and head."""
    head, queries, keys = settings.drawn_head(), window(settings.query), window(settings.key)
    position = built(settings, max(queries.stop, keys.stop)).position
    bias_HTS = position.bias(len(queries), keys.stop, queries.start)
    assert bias_HTS is not None
    matrix = bias_HTS[head, :, keys.start :].numpy()
    seen = square(settings, matrix, f"Bias of head {head}", "added to the score, in nats", causal=True)
    shown = {"scheme-square": seen, "scheme-curves": _heads(settings)}
    if settings.position.kind == "ALiBi":
        steep = figures.by_head(np.array(slopes(settings.heads)), y_title="slope", chosen=head)
        shown["scheme-speeds"] = chart("Slope of each head", "nats per token of distance, log scale", steep, "")
    if isinstance(settings.position, T5):
        shown |= _buckets(settings, settings.position, queries, keys)
    return shown


def _buckets(settings: PositionSettings, position: T5, queries: range, keys: range) -> Value:
    both = settings.sight == "both ways"
    ways = {"bidirectional": both, "buckets": position.buckets, "furthest": position.furthest}
    far = min(settings.distance, 2 * position.furthest)
    offsets = torch.arange(-far, (far if both else 0) + 1)
    at = max(-far, min(settings.key - settings.query, far if both else 0))
    stairs = figures.steps(offsets.numpy(), bucket(offsets, **ways).numpy(), y_title="bucket", cursor=at)
    between = torch.tensor(list(keys))[None] - torch.tensor(list(queries))[:, None]
    seen = bucket(between, **ways).numpy()
    return {
        "scheme-speeds": chart("Bucket of each distance", "exact when near, logarithmic beyond", stairs, ""),
        "scheme-matrix": square(
            settings,
            seen,
            "Bucket over queries and keys",
            "",
            causal=True,
            low=0,
            high=position.buckets - 1,
            scale="seq",
        ),
    }


def relative(settings: PositionSettings) -> Value:
    """Added inside a layer, where the queries are known."""
    head, queries, keys = settings.drawn_head(), window(settings.query), window(settings.key)
    matrix = scores(settings, queries, keys, head)[0].numpy()
    return {
        "scheme-square": square(
            settings, matrix, f"Score of head {head}", "one query and one key, at every two places", causal=True
        ),
        "scheme-curves": _heads(settings),
    }


def _heads(settings: PositionSettings) -> dict[str, Any]:
    """What up to four heads get by distance."""
    some = sorted({round(x) for x in np.linspace(0, settings.heads - 1, min(HEADS, settings.heads))})
    some = sorted({*some[: HEADS - 1], settings.drawn_head()} if settings.drawn_head() not in some else some)
    every = decay.added(settings, settings.distance)
    first = settings.drawn_head()
    lines = [(f"head {head}", every[head]) for head in (first, *(h for h in some if h != first))]
    figure = figures.by_distance(lines, y_title="nats", least=0.0, trained=settings.seen())
    return chart("Added by distance", "to the score, in nats", figure, f"Heads {some} by distance")
