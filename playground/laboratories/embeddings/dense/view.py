"""The tab "One-hot or dense": the cosine of every two of some words, with one number per word and with many."""

from __future__ import annotations

import json
import re
from statistics import fmean
from typing import Any

import torch

from playground.measures.embedding import one_hot_similarity, similarity
from playground.words.lab import WordLab
from playground.words.training import QUICK, Training

MOST, LETTERS = 24, 1000
USUAL = ("dog", "cat", "horse", "bread", "cheese", "apple", "red", "blue", "green", "king", "queen")


def value(lab: WordLab) -> dict[str, Any]:
    """Two matrices that share words, colours and the cell that is looked at. The vectors are those of the run, or of
    the quick one where there is none; as long as that is not ready either, there are no words to draw.

    Value:
        n: number of the value.
        typed: what stands in the box; error: a sentence about it, or "".
        words, classes: JSON, of each row.
        hot, dense: JSON [[cosine]].
        sizes: JSON [numbers per word one-hot, dense].
        kind: skip-gram | CBOW; where: which run the vectors are of.
        title, html: the finding.

    Events: compare {text}, method {kind}; open: drawn for the first time.
    """
    lab.sent += 1
    training = shown(lab)
    if training is None:
        return {"n": lab.sent, "words": ""}
    words, error = typed(training, lab.compared)
    vectors_VD = training.models[lab.kind].vectors
    ids_N = torch.tensor([training.text.id(word) for word in words])
    dense_NN = similarity(vectors_VD, ids_N)
    title, html = finding(training, words, dense_NN)
    where = f"after {training.words:,} words of your run" if training is lab.training else "a run made for this page"
    return {
        "n": lab.sent,
        "typed": ", ".join(words) if not lab.compared else lab.compared,
        "error": error,
        "words": json.dumps(words),
        "classes": json.dumps([training.classes.get(word, "") for word in words]),
        "hot": json.dumps(one_hot_similarity(ids_N).tolist()),
        "dense": json.dumps([[round(x, 3) for x in row] for row in dense_NN.tolist()]),
        "sizes": json.dumps([len(training.text.vocabulary), vectors_VD.shape[1]]),
        "kind": lab.kind,
        "where": where,
        "title": title,
        "html": html,
    }


def shown(lab: WordLab) -> Training | None:
    """The training whose vectors are drawn."""
    return lab.training if lab.training is not None and lab.training.words else QUICK.ready


def typed(training: Training, text: str) -> tuple[list[str], str]:
    """The words of a visitor's list that the corpus knows, and a sentence about the others."""
    known = training.text.vocabulary
    asked = list(dict.fromkeys(word for word in re.split(r"[\s,;]+", text.lower()) if word))
    found = [word for word in asked if word in known]
    strange = [word for word in asked if word not in known]
    error = ""
    if strange:
        names = ", ".join(f"“{word[:30]}”" for word in strange[:3])
        error = f"{names}{' and others' if len(strange) > 3 else ''}: not often enough in this text to have a vector."
    elif len(found) > MOST:
        error = f"The pictures hold {MOST} words; the first {MOST} are shown."
    if len(found) < 2:
        error = error if not text.strip() or strange else "Type two words or more."
        long = [word for word in known if len(word) > 4] or list(known)
        usual = [word for word in USUAL if word in known]
        found = usual if len(usual) > 1 else (long if len(long) > 1 else list(known))[:10]
    return found[:MOST], error


def finding(training: Training, words: list[str], dense_NN: torch.Tensor) -> tuple[str, str]:
    """What the right picture has that the left one has not."""
    classes = [training.classes.get(word, "") for word in words]
    pairs = [(i, j) for j in range(len(words)) for i in range(j)]
    cosine = {pair: float(dense_NN[pair]) for pair in pairs}
    same = [cosine[i, j] for i, j in pairs if classes[i] and classes[i] == classes[j]]
    other = [cosine[i, j] for i, j in pairs if classes[i] and classes[j] and classes[i] != classes[j]]
    i, j = max(pairs, key=lambda pair: cosine[pair])
    said = f"Of these, “{words[i]}” and “{words[j]}” are the most alike, {_cosine(cosine[i, j])}."
    size = len(training.text.vocabulary)
    hot = f"One-hot, a word has {size:,} numbers, one of them 1: every pair is at 0, whatever the words mean."
    if same and other:
        found = f"{_cosine(fmean(same))} within a class, {_cosine(fmean(other))} between classes"
    else:
        found = f"{_cosine(min(cosine.values()))} to {_cosine(max(cosine.values()))} from pair to pair"
    title = f"Dense vectors: {found}; one-hot: 0"
    return title, f"{hot} Dense, it has {training.settings.model.dimension}. {said}"


def _cosine(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
