"""The corpora of the Embeddings page as numbered words."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from playground.words import grammar
from playground.words.settings import WordSettings
from playground.words.text import Words, done, numbering, wording

VOCABULARY = 5000  # of the commonest words: two tables of so many rows for each method, and their neighbours
KEPT = 8  # corpora of the page's own
_READ: dict[tuple[int, ...], Words] = {}  # first in, first out


def read(settings: WordSettings) -> Words:
    """Raises ValueError with a sentence where the visitor's own text has too few words."""
    return done(reading(settings))


def reading(settings: WordSettings) -> Generator[None, None, Words]:
    """The same in slices; what is not the visitor's own is read once."""
    rarest = settings.model.min_count
    if settings.corpus == "own text":
        if not settings.text.strip():
            raise ValueError("There is no text yet: paste one, or choose a .txt file.")
        return (yield from wording(settings.text, rarest, VOCABULARY))
    made = settings.corpus == "small language"
    name = (rarest, settings.sentences, settings.seed) if made else (rarest,)
    if name not in _READ:
        told = ((i, w) for i, each in enumerate(grammar.language(settings.sentences, settings.seed)) for w in each)
        found = yield from numbering(told, rarest, VOCABULARY) if made else wording(None, rarest, VOCABULARY)
        while len(_READ) >= KEPT:
            del _READ[next(iter(_READ))]
        _READ[name] = found
    return _READ[name]


def classes(settings: WordSettings) -> Mapping[str, str]:
    """Word -> its class, where the corpus has classes."""
    return grammar.classes() if settings.corpus == "small language" else {}
