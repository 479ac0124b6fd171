"""Texts into ids and back, by the tokenizer.json of a checkpoint; bytes where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

BYTES = 32 * 2**20
"""Longest tokenizer.json that is read; those of 256,000 tokens have 17 to 34 MB."""


class Piece(NamedTuple):
    """One token of a text."""

    id: int
    text: str
    """The part of the text it stands for, its spaces included; of a special token its name."""
    special: bool = False
    """Put there by the tokenizer (BOS, EOS, [CLS]), not by the text."""


class Tokenizer:
    """What turns texts into ids. Nothing of a checkpoint is executed."""

    size: int
    """How many ids it knows."""
    bos: Piece | None
    eos: Piece | None
    template: str
    """The chat template as it is written, a text; "" where there is none."""
    notice: str
    """What is worth knowing, such as that there is no tokenizer.json and bytes are read; or ""."""

    def encode(self, text: str, *, special: bool = True) -> list[Piece]:
        """The tokens of a text; `special`: with those that the tokenizer adds. Raises ValueError for one too long."""
        raise NotImplementedError

    def pieces(self, ids: Iterable[int]) -> list[Piece]:
        """Each id as it is shown in a strip, its spaces included. Raises ValueError for an id that is none."""
        raise NotImplementedError

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids, special ones left out."""
        raise NotImplementedError


def read(folder: str | Path, vocab: int) -> Tokenizer:
    """The tokenizer of a checkpoint's folder, for a model of so many ids. Raises ValueError with a sentence for one
    that is damaged, too long, or has ids that the model does not know.
    """
    raise NotImplementedError
