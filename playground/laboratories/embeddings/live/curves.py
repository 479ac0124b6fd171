"""The charts below the maps."""

from __future__ import annotations

import json
import math
from typing import Any

from playground.figures import embedding as figures
from playground.words.lab import WordLab


def agreement(lab: WordLab) -> dict[str, Any]:
    """See `components.plot`."""
    training = lab.training
    if training is None or not training.classes:
        return {"fig": json.dumps(figures.nothing("This text has no known classes."))}
    known = [training.classes[word] for word in training.text.vocabulary if word in training.classes]
    others = len(training.text.vocabulary) - 1
    chance = sum(known.count(each) - 1 for each in known) / len(known) / others
    points = [(point.words, *point.agreement) for point in training.points]
    left, right = training.points[-1].agreement
    said = f"Share of the five nearest neighbours of the same class: skip-gram {left:.0%}, CBOW {right:.0%}"
    return {"fig": json.dumps(figures.agreement(points, training.total, chance)), "said": said}


def loss(lab: WordLab) -> dict[str, Any]:
    """See `components.plot`."""
    training = lab.training
    if training is None:
        return {"fig": json.dumps(figures.nothing("No run yet."))}
    points = [(point.words, *point.loss) for point in training.points if not any(map(math.isnan, point.loss))]
    return {"fig": json.dumps(figures.loss(points, training.total))}
