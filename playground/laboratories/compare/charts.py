"""The curves of a comparison, with one cursor."""

from __future__ import annotations

import json
from math import log
from typing import Any

from playground.comparison.results import band
from playground.comparison.setup import Setup
from playground.figures import compare as figures

CHARTS = {  # name -> (metric, title of the axis, highest value or None)
    "accuracy": ("validation_accuracy", "accuracy, share of tokens", 1.08),
    "loss": ("validation_loss", "loss, nats per token", None),
}


def value(setup: Setup, name: str) -> dict[str, Any]:
    """See `components.plot`."""
    metric, title, top = CHARTS[name]
    trials = setup.trials
    variants = trials.variants if trials is not None else ()
    lines = [figures.Line(v.label, *band(trials.of(i), metric)) for i, v in enumerate(variants)] if trials else []
    guessed = log(setup.wanted[0].config.model.vocab)  # the loss of a model that knows nothing
    highest = top or 1.1 * max((float(line.high.max()) for line in lines if len(line.high)), default=guessed)
    figure = figures.together(
        lines,
        total=setup.total,
        y_title=title,
        y_range=(-0.02 * highest, highest),
        seeds=setup.seeds,
        cursor=None if trials is None else trials.step if setup.shown is None else setup.shown,
    )
    return {"fig": json.dumps(figure)}
