"""Vectors as files that the browser saves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor

from playground.measures.vector_files import metadata_tsv, vectors_tsv, word2vec_text
from playground.words.lab import WordLab
from playground.words.settings import KINDS, Kind

WHAT = ("word2vec", "vectors", "metadata")
NUMBERS = 10_000  # written in one slice


def value(lab: WordLab, what: str, asked: str) -> dict[str, Any]:
    """A file that the browser saves, see static/commands.js. Raises ValueError for a file that there is not."""
    for _ in writing(lab, what, asked):
        pass
    return lab.file


def writing(lab: WordLab, what: str, asked: str) -> Iterator[None]:
    """The same in slices; the file is then the lab's. What is wrong is raised at once."""
    training = lab.training
    kind: Kind | None = next((each for each in KINDS if each == asked), None)
    if training is None or what not in WHAT or kind is None:
        raise ValueError("There is no such file: choose one of the menu.")
    words, vectors_VD = training.text.vocabulary, training.models[kind].vectors.clone()  # it may read on
    name = f"{kind}-{training.words}-words"
    if what == "word2vec":
        return _written(lab, f"{name}.txt", _lines(words, vectors_VD))
    if what == "vectors":
        return _written(lab, f"{name}-vectors.tsv", (vectors_tsv(vectors_VD[some]) for some in _slices(vectors_VD)))
    columns: dict[str, list[object]] = {"count": list(training.text.counts.tolist())}
    if training.classes:
        columns["class"] = [training.classes.get(word, "none") for word in words]
    return _written(lab, f"{training.words}-words-metadata.tsv", iter([metadata_tsv(words, columns)]))


def _slices(vectors_VD: Tensor) -> list[slice]:
    """Rows that are written at once."""
    rows = max(1, NUMBERS // vectors_VD.shape[1])
    return [slice(i, i + rows) for i in range(0, len(vectors_VD), rows)]


def _lines(words: Sequence[str], vectors_VD: Tensor) -> Iterator[str]:
    """word2vec's own format, with the sizes of the whole in its first line."""
    yield f"{len(vectors_VD)} {vectors_VD.shape[1]}\n"
    for some in _slices(vectors_VD):
        yield word2vec_text(words[some], vectors_VD[some]).partition("\n")[2]


def _written(lab: WordLab, name: str, pieces: Iterator[str]) -> Iterator[None]:
    text = []
    for piece in pieces:
        text.append(piece)
        yield
    lab.sent += 1
    lab.file = {"n": lab.sent, "name": name, "text": "".join(text)}
