"""Text as a tensor of character ids, read once and shared by everyone who trains on it.

Nothing is dropped in silence: every kind of space is a space, every kind of line end a line end, letters are composed
(NFC), joiners stay; what cannot be shown is left out and counted, and so are the characters too rare to be outputs.
"""

from __future__ import annotations

import functools
import unicodedata
from pydoc_data.topics import topics
from typing import NamedTuple

import torch
from torch import Tensor

from playground.tasks.base import MASK, START

SPACE, NEWLINE = "␣", "↵"  # how these two are shown; the characters themselves are not kept in a corpus
RESERVED = frozenset((MASK, START, SPACE, NEWLINE))
OTHER = "�"  # what stands for all characters that are too rare
MOST = 1000  # different characters: each is an output of the model
JOINERS = {
    "\u200c": "⟨zwnj⟩",
    "\u200d": "⟨zwj⟩",
}  # they change the letters beside them (Persian, Hindi, emoji); how they are shown
LINES = {ord(c): "\n" for c in "\r\x0b\x0c\x85\u2028\u2029"}
SPACES = {ord(c): " " for c in "\t\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))}


class Corpus(NamedTuple):
    """Characters of a text. `ids_N` are places in `characters`, which is sorted by code point; int16 to stay small."""

    ids_N: Tensor
    characters: tuple[str, ...]
    commonest: float
    """Share of the commonest character."""
    dropped: int = 0
    """How many characters of the text were left out: they cannot be shown, or stand for something here."""
    rare: int = 0
    """How many different characters are one, `OTHER`, since there are more than `MOST`."""


def plain(text: str) -> str:
    """A text with one kind of space, one kind of line end, and composed letters."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).translate(SPACES | LINES)


def built_in() -> str:
    """The help texts that come with Python: about half a megabyte of English prose with code, never downloaded."""
    return "\n".join(topics[name] for name in sorted(topics))


@functools.lru_cache(maxsize=4)  # the built-in text and the last own ones (2 MB of ids each), least recent out first
def corpus(text: str | None = None) -> Corpus:
    """The characters of a text that can be shown, the `MOST` commonest of them; None = the built-in one."""
    text = plain(built_in() if text is None else text)
    if not text:
        return Corpus(torch.empty(0, dtype=torch.int16), (), 0.0)
    codes_N = torch.frombuffer(bytearray(text, "utf-32-le", "surrogatepass"), dtype=torch.int32)
    codes_V, id_N, count_V = codes_N.unique(return_inverse=True, return_counts=True)
    characters, counts = [chr(code) for code in codes_V.tolist()], count_V.tolist()
    kept = [c for c in characters if (c.isprintable() or c == "\n" or c in JOINERS) and c not in RESERVED]
    often = dict(zip(characters, counts, strict=True))
    common = kept if len(kept) <= MOST else sorted(kept, key=lambda c: -often[c])[: MOST - 1]
    rare = set(kept) - set(common)
    alphabet: list[str] = sorted({*common, OTHER} if rare else set(common))
    place = {c: i for i, c in enumerate(alphabet)} | {c: alphabet.index(OTHER) for c in rare}
    ids_N = torch.tensor([place.get(c, -1) for c in characters])[id_N]
    ids_N = ids_N[ids_N >= 0]
    commonest = int(ids_N.bincount().max()) / len(ids_N) if len(ids_N) else 0.0
    return Corpus(ids_N.to(torch.int16), tuple(alphabet), commonest, len(text) - len(ids_N), len(rare))
