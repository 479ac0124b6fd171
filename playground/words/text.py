"""Text as numbered words, the commonest first."""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple, TypeVar

import regex as re
import torch
from torch import Tensor

from playground.tasks.corpus import built_in, plain

LETTERS = r"\p{L}[\p{L}\p{M}\u200c\u200d]*"  # marks and joiners belong to the letter before them
EAST = r"\p{Han}|\p{Hiragana}+|[\p{Katakana}ー]+"
WORD = re.compile(rf"{EAST}|(?!{EAST}){LETTERS}(?:['’]{LETTERS})*")
"""A run of letters, with apostrophes within. Chinese, whose words nothing parts, is read by the character, Japanese
kana by the run."""
SENTENCE = re.compile(r"[.!?:;؟۔…]+\s|[。！？；：।॥]|\n\s*\n")
SLICE = 10_000  # words between two pauses of what may be interrupted

T = TypeVar("T")


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


def done(steps: Generator[None, None, T]) -> T:
    """What a computation in slices returns, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def spoken(text: str) -> Iterator[tuple[int, str]]:
    """(number of the sentence from 0, word) of a text, lower-cased: words are letters, and apostrophes within."""
    number = -1
    for sentence in SENTENCE.split(plain(text).lower()):
        first = True
        for found in WORD.finditer(sentence):
            number, first = number + first, False
            yield number, found[0]


def numbered(sentences: Iterable[Iterable[str]], min_count: int = 1, most: int | None = None) -> Words:
    """The `most` common words that occur `min_count` times; raises ValueError where that leaves fewer than two."""
    told = ((number, word) for number, sentence in enumerate(sentences) for word in sentence)
    return done(numbering(told, min_count, most))


def numbering(
    told: Iterable[tuple[int, str]], min_count: int = 1, most: int | None = None
) -> Generator[None, None, Words]:
    """The same in slices, of (number of the sentence, word) one after another."""
    first: dict[str, int] = {}  # word -> its number in order of appearance
    every, numbers = array("q"), array("q")
    for i, (number, word) in enumerate(told, 1):
        every.append(first.setdefault(word, len(first)))
        numbers.append(number)
        if i % SLICE == 0:
            yield
    every.append(0)  # there is no buffer of nothing
    ids_N = torch.frombuffer(every, dtype=torch.int64)[:-1]
    appeared, counts = list(first), ids_N.bincount(minlength=len(first)).tolist()
    kept = sorted((w for w, n in enumerate(counts) if n >= min_count), key=lambda w: (-counts[w], appeared[w]))[:most]
    if len(kept) < 2:
        times = f"{min_count} time{'s' * (min_count != 1)}"
        raise ValueError(f"Fewer than two different words occur {times} or more: take more text, or rarer words too.")
    yield
    place_W = torch.full((len(appeared),), -1)
    place_W[torch.tensor(kept)] = torch.arange(len(kept))
    ids_N = place_W[ids_N]
    common_N = ids_N >= 0
    numbers_N = torch.frombuffer(numbers, dtype=torch.int64)[common_N]
    counts_V = torch.tensor([counts[w] for w in kept])
    return Words(tuple(appeared[w] for w in kept), counts_V, ids_N[common_N], numbers_N)


def words(text: str | None = None, min_count: int = 5, most: int | None = None) -> Words:
    """A text, or the built-in one: the help texts of Python."""
    return done(wording(text, min_count, most))


def wording(text: str | None = None, min_count: int = 5, most: int | None = None) -> Generator[None, None, Words]:
    """The same in slices."""
    return numbering(spoken(built_in() if text is None else text), min_count, most)
