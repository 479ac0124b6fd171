"""The corpora of the Embeddings page as numbered words."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from playground.words import grammar
from playground.words.settings import WordSettings
from playground.words.text import Words, numbered, words

VOCABULARY = 5000  # of the commonest words: two tables of so many rows for each method, and their neighbours


def read(settings: WordSettings) -> Words:
    """Raises ValueError with a sentence where the visitor's own text has too few words."""
    rarest = settings.model.min_count
    if settings.corpus == "own text":
        if not settings.text.strip():
            raise ValueError("There is no text yet: paste one, or choose a .txt file.")
        return words(settings.text, rarest, VOCABULARY)
    if settings.corpus == "help texts":
        return _help_texts(rarest)
    return _language(settings.sentences, settings.seed, rarest)


@functools.lru_cache(maxsize=4)
def _help_texts(rarest: int) -> Words:
    return words(None, rarest, VOCABULARY)


@functools.lru_cache(maxsize=8)
def _language(sentences: int, seed: int, rarest: int) -> Words:
    return numbered(grammar.language(sentences, seed), rarest, VOCABULARY)


def classes(settings: WordSettings) -> Mapping[str, str]:
    """Word -> its class, where the corpus has classes."""
    return grammar.classes() if settings.corpus == "small language" else {}
