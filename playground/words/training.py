"""Skip-gram and CBOW trained side by side on one corpus, and what is remembered of it."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from statistics import fmean
from typing import NamedTuple

import torch
from torch import Tensor

from models.word2vec import Word2Vec
from playground.measures.embedding import neighbours, purity
from playground.words import corpus
from playground.words.map import Map
from playground.words.settings import KINDS, Kind, WordSettings
from playground.words.text import Words, done

EVERY = 4  # updates between two looks at the clock
POINTS = 200  # of the curves
SHARES = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)  # of the run, where every word's neighbours are kept
TOP = 5
ROWS = 512
STRETCH = 512  # words that the two read within a few milliseconds


class Point(NamedTuple):
    """The curves after so many words. Of each method, in the order of `KINDS`."""

    words: int
    seconds: float
    """Of computing, of both methods together."""
    loss: tuple[float, float]
    """Mean since the last one that was measured; nan at the start."""
    agreement: tuple[float, float]
    """Share of the nearest neighbours that share the word's class; nan where no classes are known."""


class Kept(NamedTuple):
    """Every word's neighbours after so many words: (V, 5) int16 of each method."""

    words: int
    ids: tuple[Tensor, Tensor]


class Training:
    """Two models that have read equally far."""

    text: Words
    models: dict[Kind, Word2Vec]
    maps: dict[Kind, Map]

    def __init__(self, settings: WordSettings, text: Words | None = None):
        """`text`: the corpus of these settings, if it has been read already."""
        done(self._make(settings, text))

    @classmethod
    def made(cls, settings: WordSettings, text: Words | None = None) -> Generator[None, None, Training]:
        """The same in slices."""
        training = cls.__new__(cls)
        yield from training._make(settings, text)
        return training

    def _make(self, settings: WordSettings, text: Words | None) -> Generator[None, None, None]:
        self.settings, self.classes = settings, corpus.classes(settings)
        self.text = (yield from corpus.reading(settings)) if text is None else text
        yield
        counts, ids_N = self.text.counts, self.text.ids
        self.models = {kind: Word2Vec(settings.of(kind), counts, settings.seed) for kind in KINDS}
        yield
        self.maps = {}
        for kind, model in self.models.items():
            self.maps[kind] = Map(model.vectors)
            yield
        self.go_on({kind: [] for kind in KINDS})
        self.total, self.seconds = settings.model.epochs * len(ids_N), 0.0
        self.points: list[Point] = []
        self.kept: list[Kept] = []
        yield from self._note()

    def go_on(self, losses: dict[Kind, list[float]]) -> None:
        """Read on from where the models stand; `losses`: of each method, since the last point of the curves."""
        self.losses, self.read = losses, {kind: model.words for kind, model in self.models.items()}
        told, ids_N = self.text.sentences, self.text.ids
        self._updates = {k: m.train(ids_N, told, every=EVERY, place=m.place) for k, m in self.models.items()}

    @property
    def words(self) -> int:
        """Read by both, in all epochs."""
        return min(self.read.values())

    @property
    def finished(self) -> bool:
        """Whether all has been read, and the end measured."""
        return bool(self.points) and self.points[-1].words >= self.total

    def advance(self, words: int = 1) -> None:
        """Both read on by so many words, or to the end. Raises FloatingPointError where one diverges."""
        done(self.reading(words))

    def reading(self, words: int = 1) -> Generator[None, None, None]:
        """The same in slices: it pauses only where both have read equally far, as in one go."""
        self.read_on(words)
        last = self.points[-1].words
        if self.words >= last + self.total / POINTS or self.words >= self.total > last:
            yield
            yield from self._note()

    def read_on(self, words: int) -> None:
        """Both read on, and nothing is measured."""
        began, upto = time.thread_time(), min(self.total, self.words + words)
        for kind in KINDS:
            while self.read[kind] < upto:
                progress = next(self._updates[kind])
                self.read[kind] = progress.words
                self.losses[kind].append(progress.loss)
        self.seconds += time.thread_time() - began

    def finish(self) -> Training:
        """Read to the end."""
        while not self.finished:
            self.advance(self.total // POINTS)
        return self

    def place(self, kind: Kind, part: float) -> Tensor:
        """(W, 2) on the map; see `Map.look`."""
        return self.maps[kind].look(self.models[kind].vectors, part)

    def agreement(self, kind: Kind) -> float:
        """Mean share of the nearest neighbours that are of the word's class; nan without classes."""
        found = purity(self.models[kind].vectors, self.text.vocabulary, self.classes, TOP)
        return fmean(found.values()) if found else float("nan")

    def _note(self) -> Generator[None, None, None]:
        """Measure a point of the curves, and where it is due every word's neighbours."""
        before = self.points[-1].loss if self.points else (float("nan"), float("nan"))
        loss = tuple(
            fmean(self.losses[kind]) if self.losses[kind] else last for kind, last in zip(KINDS, before, strict=True)
        )
        agreement = self.agreement("skip-gram"), self.agreement("CBOW")
        due = SHARES[len(self.kept)] if len(self.kept) < len(SHARES) else 2.0
        if self.words >= due * self.total:
            sides = []
            for kind in KINDS:
                sides.append((yield from _neighbours(self.models[kind].vectors)))
            self.kept.append(Kept(self.words, (sides[0], sides[1])))
        self.points.append(Point(self.words, self.seconds, (loss[0], loss[1]), agreement))
        self.losses = {kind: [] for kind in KINDS}


def _neighbours(vectors_VD: Tensor) -> Generator[None, None, Tensor]:
    """(V, 5) int16, a few rows of the cosines at a time: of all of them there are V x V."""
    found = []
    for some in torch.arange(len(vectors_VD)).split(ROWS):
        yield
        found.append(neighbours(vectors_VD, some, TOP).ids_NK.to(torch.int16))
    return torch.cat(found)


class Quick:
    """The small language, read to the end once, without curves: what is looked at before a visitor has a run. It is the
    same for all, so whoever needs it reads on where another stopped.
    """

    def __init__(self) -> None:
        self.training: Training | None = None

    @property
    def ready(self) -> Training | None:
        """The training, if it has been read to the end."""
        return self.training if self.training is not None and self.training.words >= self.training.total else None

    def reading(self) -> Iterator[None]:
        """Read to the end in slices."""
        if self.training is None:
            made = yield from Training.made(WordSettings())
            self.training = self.training or made
        while not self.ready:
            self.training.read_on(STRETCH)
            yield


QUICK = Quick()


def quick() -> Training:
    """The training of `QUICK`, read to the end."""
    for _ in QUICK.reading():
        pass
    assert QUICK.ready is not None
    return QUICK.ready
