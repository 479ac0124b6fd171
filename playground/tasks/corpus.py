"""Text as a tensor of character ids, read once and shared by everyone who trains on it."""

from __future__ import annotations

import functools
from pydoc_data.topics import topics
from typing import NamedTuple

import torch
from torch import Tensor

from playground.tasks.base import MASK, START

SPACE, NEWLINE = "␣", "↵"  # how these two are shown; the characters themselves are not kept in a corpus
RESERVED = frozenset((MASK, START, SPACE, NEWLINE))


class Corpus(NamedTuple):
    """Characters of a text. `ids_N` are places in `characters`, which is sorted by code point; int16 to stay small."""

    ids_N: Tensor
    characters: tuple[str, ...]
    commonest: float
    """Share of the commonest character."""


def built_in() -> str:
    """The help texts that come with Python: about half a megabyte of English prose with code, never downloaded."""
    return "\n".join(topics[name] for name in sorted(topics))


@functools.lru_cache(maxsize=4)  # the built-in text and the last own ones (2 MB of ids each), least recent out first
def corpus(text: str | None = None) -> Corpus:
    """The printable characters and newlines of a text (tabs become spaces); None = the built-in one."""
    text = (built_in() if text is None else text).replace("\t", " ")
    if not text:
        return Corpus(torch.empty(0, dtype=torch.int16), (), 0.0)
    codes_N = torch.frombuffer(bytearray(text, "utf-32-le", "surrogatepass"), dtype=torch.int32)
    codes_V, id_N, count_V = codes_N.unique(return_inverse=True, return_counts=True)
    characters = [chr(code) for code in codes_V.tolist()]
    keep_V = torch.tensor([(c.isprintable() or c == "\n") and c not in RESERVED for c in characters])
    renumbered_V = keep_V.cumsum(0) - 1
    ids_N = renumbered_V[id_N[keep_V[id_N]]]
    kept = tuple(c for c, keep in zip(characters, keep_V.tolist(), strict=True) if keep)
    commonest = int((count_V * keep_V).max()) / max(1, len(ids_N))
    return Corpus(ids_N.to(torch.int16), kept, commonest)
