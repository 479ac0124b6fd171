"""Text as numbered words, the commonest first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from playground.tasks.corpus import built_in

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SENTENCE = re.compile(r"[.!?:;]\s|\n\s*\n")


class Words(NamedTuple):
    """The words of a text that are common enough. Those that are not are left out, and the rest closes up."""

    vocabulary: tuple[str, ...]
    """Commonest first; of equally common ones the first in the alphabet."""
    counts: Tensor
    """(V,) how often each occurs."""
    ids: Tensor
    """(N,) the text, as places in the vocabulary."""
    sentences: Tensor
    """(N,) the number of the sentence that each word stands in, from 0."""

    def id(self, word: str) -> int:
        """Raises ValueError with a sentence for a word that is not in the vocabulary."""
        try:
            return self.vocabulary.index(word.strip().lower())
        except ValueError:
            raise ValueError(f"{word.strip()!r:.40} does not occur often enough in this text.") from None


def split(text: str) -> list[list[str]]:
    """Lower-cased words by sentence: letters, and apostrophes within."""
    found = (WORD.findall(sentence) for sentence in SENTENCE.split(text.lower()))
    return [words for words in found if words]


def numbered(sentences: Iterable[Iterable[str]], min_count: int = 1, most: int | None = None) -> Words:
    """The `most` common words that occur `min_count` times; raises ValueError where that leaves fewer than two."""
    kept = [list(words) for words in sentences]
    counts = Counter(word for words in kept for word in words)
    vocabulary = sorted((w for w, n in counts.items() if n >= min_count), key=lambda word: (-counts[word], word))[:most]
    if len(vocabulary) < 2:
        times = f"{min_count} time{'s' * (min_count != 1)}"
        raise ValueError(f"Fewer than two different words occur {times} or more: take more text, or rarer words too.")
    place = {word: i for i, word in enumerate(vocabulary)}
    pairs = [(place[word], number) for number, words in enumerate(kept) for word in words if word in place]
    ids, numbers = torch.tensor(pairs).unbind(1)
    return Words(tuple(vocabulary), torch.tensor([counts[w] for w in vocabulary]), ids, numbers)


def words(text: str | None = None, min_count: int = 5, most: int | None = None) -> Words:
    """A text, or the built-in one: the help texts of Python."""
    return numbered(split(built_in() if text is None else text), min_count, most)
