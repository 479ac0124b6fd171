"""Vectors as files that the browser saves."""

from __future__ import annotations

from typing import Any

from playground.measures.vector_files import metadata_tsv, vectors_tsv, word2vec_text
from playground.words.lab import WordLab
from playground.words.settings import KINDS

WHAT = ("word2vec", "vectors", "metadata")


def value(lab: WordLab, what: str, asked: str) -> dict[str, Any]:
    """See `components.download`. Raises ValueError for a file that there is not."""
    training, kind = lab.ready(), next((each for each in KINDS if each == asked), None)
    if training is None or what not in WHAT or kind is None:
        raise ValueError("There is no such file: choose one of the menu.")
    words, vectors_VD = training.text.vocabulary, training.models[kind].vectors
    name = f"{kind}-{training.words}-words"
    lab.sent += 1
    if what == "word2vec":
        return {"n": lab.sent, "name": f"{name}.txt", "text": word2vec_text(words, vectors_VD)}
    if what == "vectors":
        return {"n": lab.sent, "name": f"{name}-vectors.tsv", "text": vectors_tsv(vectors_VD)}
    columns: dict[str, list[object]] = {"count": list(training.text.counts.tolist())}
    if training.classes:
        columns["class"] = [training.classes.get(word, "none") for word in words]
    return {"n": lab.sent, "name": f"{training.words}-words-metadata.tsv", "text": metadata_tsv(words, columns)}
