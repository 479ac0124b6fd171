"""The maps of both methods, the neighbours of the chosen word now and over time, and analogies."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.measures.embedding import analogy, neighbours
from playground.words.lab import WordLab
from playground.words.settings import KINDS, Kind
from playground.words.training import TOP, Training

FINE = 32767  # steps of a place from 0 to 1
SMOOTH = 64  # dimensions up to which axes are found within a few milliseconds


def value(lab: WordLab, *, whole: bool = True) -> dict[str, Any]:
    """Moves the maps to the vectors of the moment. `whole` False keeps the lists of words as they were, if they are of
    the same words: nobody can read them as fast as the maps move. Nor are the axes of many dimensions found anew then.

    Value:
        n, step: number of the value; words read.
        words: JSON [word, ...] on the maps, commonest first; "" for nothing to draw.
        counts, classes: JSON, of each word: how often it occurs, and its class or "".
        of: size of the vocabulary.
        left, right: places of skip-gram and CBOW, base64 of int16 pairs, 32767 is 1.
        shares: JSON [[x, y], [x, y]], share of the variance along the axes of each map.
        agreement: JSON [skip-gram, CBOW], share of neighbours of the same class, or null.
        hold: whether the axes stay as they are.
        word: the chosen word; unknown: a sentence about one that was asked for in vain.
        near: JSON of both methods [[word, cosine, class], ...].
        time: JSON [[words read, [word, ...] of skip-gram, [word, ...] of CBOW], ...].
        analogy: JSON {abc: [a, b, c], error, found: like near}.

    Events: select {word}, look {hold}, analogy {a, b, c}, save {what: word2vec | vectors | metadata, kind}.
    """
    lab.sent += 1
    training = lab.training
    if training is None:
        return {"n": lab.sent, "words": ""}
    smooth = whole or training.settings.model.dimension <= SMOOTH
    part, names = lab.part() if smooth else 0.0, training.text.vocabulary
    places = [packed(training.place(kind, part)) for kind in KINDS]
    shown = names[: len(training.maps["CBOW"].places_WP)]
    return {
        "n": lab.sent,
        "step": training.words,
        "words": json.dumps(shown),
        "counts": json.dumps(training.text.counts[: len(shown)].tolist()),
        "classes": json.dumps([training.classes.get(word, "") for word in shown]),
        "of": len(names),
        "left": places[0],
        "right": places[1],
        "shares": json.dumps([[round(s, 3) for s in training.maps[kind].basis.share_P.tolist()] for kind in KINDS]),
        "agreement": json.dumps([_number(each) for each in training.points[-1].agreement]),
        "hold": lab.hold,
        "word": lab.word,
        "unknown": lab.unknown,
        **_lists(lab, training, fresh=whole),
    }


def _lists(lab: WordLab, training: Training, *, fresh: bool) -> dict[str, str]:
    of = (training, lab.word, lab.asked)
    if fresh or lab.listed is None or lab.listed[0] != of:
        found = {
            "near": json.dumps([near(training, kind, lab.word) for kind in KINDS]),
            "time": json.dumps(over_time(training, lab.word)),
            "analogy": json.dumps(asked(training, lab.asked)),
        }
        lab.listed = (of, found)
    return lab.listed[1]


def packed(places_WP: Tensor) -> str:
    """Places in [-1, 1] as little-endian int16, base64."""
    fine = (places_WP.clamp(-1, 1) * FINE).round().numpy().astype("<i2")
    return base64.b64encode(np.ascontiguousarray(fine).tobytes()).decode()


def near(training: Training, kind: Kind, word: str) -> list[list[Any]]:
    """[[word, cosine, class], ...] nearest first."""
    found = neighbours(training.models[kind].vectors, torch.tensor([training.text.id(word)]), TOP)
    return _listed(training, found.ids_NK[0].tolist(), found.cosine_NK[0].tolist())


def over_time(training: Training, word: str) -> list[list[Any]]:
    """[[words read, [neighbours of skip-gram], [of CBOW]], ...]."""
    names, at = training.text.vocabulary, training.text.id(word)
    return [[kept.words, *([names[i] for i in ids[at].tolist()] for ids in kept.ids)] for kept in training.kept]


def asked(training: Training, words: tuple[str, str, str] | None) -> dict[str, Any]:
    """a - b + c of both methods, or a sentence."""
    if words is None or not all(word.strip() for word in words):
        return {"abc": list(words or ("", "", "")), "error": "", "found": []}
    try:
        a, b, c = (training.text.id(word) for word in words)
    except ValueError as error:
        return {"abc": list(words), "error": str(error), "found": []}
    rows = (analogy(training.models[kind].vectors, a, b, c, TOP) for kind in KINDS)
    found = [_listed(training, row.ids_NK[0].tolist(), row.cosine_NK[0].tolist()) for row in rows]
    return {"abc": list(words), "error": "", "found": found}


def _listed(training: Training, ids: list[int], cosines: list[float]) -> list[list[Any]]:
    names = training.text.vocabulary
    return [[names[i], round(c, 3), training.classes.get(names[i], "")] for i, c in zip(ids, cosines, strict=True)]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
