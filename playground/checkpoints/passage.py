"""A text as a checkpoint reads it: the task of a model that nobody trains here."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from models import TransformerConfig
from playground.checkpoints.tokenizer import Piece, Tokenizer
from playground.tasks.base import IGNORE, MASK, SEPARATOR, START, Batch, Prompt, Split, Task, TaskConfig, Topology

PASSAGE = (Path(__file__).parent / "passage.txt").read_text("utf-8")
"""What losses are measured on: prose that was written for this, so that no checkpoint has learned it."""
WINDOW = 32  # tokens of one of its examples
MASKED = 0.15  # share of them that an encoder-only model is asked for (Devlin et al. 2019, arXiv:1810.04805)
MASKS = ("[MASK]", "<mask>")
CELLS = 2_400_000  # weights of all heads of one picture
LONGEST = 512  # tokens of a text, however few heads there are
CHARACTERS = 8 * LONGEST  # of a text that is tokenised at all


class PassageConfig(TaskConfig):
    """It has no settings: the tokenizer and the model are the checkpoint's."""

    title: ClassVar[str] = "A text"
    kind: Literal["passage"] = "passage"

    def build(self) -> Task:
        raise TypeError("a passage is made of a tokenizer")


class Passage(Task):
    """A visitor's text, and the examples that losses are measured on.

    Decoder-only: each token is asked for by those before it. Encoder-only: ▢ stands for the token that masks, and in
    the examples 15 % are masked. Encoder-decoder: the source, →, and what the decoder has written so far.
    """

    description = "Continue a text, or fill its gaps."
    accuracy = "Share of tokens whose likeliest prediction is right (top-1 accuracy)."
    ask = "Any text, such as: The capital of France is"
    meaning = MappingProxyType(
        {
            "decoder-only": "It predicts each next token from those before it.",
            "encoder-only": "It fills in masked tokens from both sides.",
            "encoder-decoder": "The encoder reads a source, the decoder writes.",
        }
    )
    chance = 0.0
    floor = None
    counts = (8, 4)

    def __init__(self, tokenizer: Tokenizer, config: TransformerConfig, start: int = 0):
        """`start`: the token that an encoder-decoder's decoder begins with."""
        known = [piece.text for piece in tokenizer.pieces(range(min(tokenizer.size, config.vocab)))]
        super().__init__(PassageConfig(), [*known, *(f"<unused {i}>" for i in range(len(known), config.vocab))])
        self.tokenizer, self.topology = tokenizer, config.topology
        self.mask = next((name for name in MASKS if name in self.id), "")
        self.id |= {START: start} | ({MASK: self.id[self.mask]} if self.mask else {})
        heads = sum(config.depths().values()) * max(1, config.attention.query_heads())
        self.longest = min(config.context, LONGEST, max(WINDOW, int((CELLS / heads) ** 0.5)))
        self.before, self.windows_NT = self._windows()

    def _windows(self) -> tuple[list[int], Tensor]:
        """The special tokens that a text begins with, and the passage in pieces (N, T) with special tokens around."""
        pieces = self._pieces(PASSAGE)
        before = [piece.id for piece in takewhile(lambda piece: piece.special, pieces)]
        after = [piece.id for piece in takewhile(lambda piece: piece.special, reversed(pieces))][::-1]
        body_N = torch.tensor([piece.id for piece in pieces[len(before) : len(pieces) - len(after)]])
        room = max(1, min(WINDOW, self.longest) - len(before) - len(after))
        count = max(1, len(body_N) // room)
        ends = (torch.tensor(ids, dtype=torch.int64).expand(count, -1) for ids in (before, after))
        body_NT = body_N[: count * room].view(count, -1)
        first_NT, last_NT = ends
        return before, torch.cat((first_NT, body_NT, last_NT), 1)

    def _pieces(self, text: str) -> list[Piece]:
        """The tokens of a text, with special ones where this model has them; a decoder's text does not end."""
        found = self.tokenizer.encode(text.replace(MASK, self.mask) if self.mask else text)
        while self.topology == "decoder-only" and found and found[-1].special and len(found) > 1:
            found.pop()
        return found

    def context(self, topology: Topology) -> int:
        return self.longest

    def draw(self, size: int, generator: torch.Generator, split: Split) -> Tensor:
        """The first pieces of the passage, from the beginning again where there are fewer."""
        return self.windows_NT[torch.arange(size) % len(self.windows_NT)]

    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        if topology == "decoder-only":
            return self._next(content_BS)
        if topology == "encoder-decoder":
            half = content_BS.shape[1] // 2
            answer_BT = content_BS[:, half:].contiguous()
            return Batch(self.shifted(answer_BT), answer_BT, source_BS=content_BS[:, :half].contiguous())
        if not self.mask:
            return Batch(content_BS, torch.full_like(content_BS, IGNORE))
        lot_BT = torch.rand(content_BS.shape, generator=generator)
        count = max(1, round(MASKED * content_BS.shape[1]))
        hidden_BT = lot_BT <= lot_BT.kthvalue(count, dim=1, keepdim=True).values
        return Batch(content_BS.masked_fill(hidden_BT, self.id[MASK]), content_BS.where(hidden_BT, IGNORE))

    @staticmethod
    def _next(ids_BT: Tensor) -> Batch:
        """Each token by those before it; what follows the last one is not known."""
        nothing_B1 = torch.full((len(ids_BT), 1), IGNORE)
        return Batch(ids_BT.contiguous(), torch.cat([ids_BT[:, 1:], nothing_B1], 1))

    def probe(self, topology: Topology, text: str | None = None) -> Batch:
        """The passage, or a text as it is: nothing of it is masked but where it says so."""
        if text is None:
            return self.layout(self.draw(self.counts[-1], torch.Generator(), "validation"), topology, _fixed())
        if topology == "encoder-decoder":
            source, _, written = text.partition(SEPARATOR)
            answer_1T = (
                torch.tensor([self._read(written)]) if written.strip() else torch.zeros((1, 0), dtype=torch.int64)
            )
            ids_1T = torch.cat([torch.tensor([[self.id[START]]]), answer_1T], 1)
            targets_1T = torch.cat([answer_1T, torch.tensor([[IGNORE]])], 1)
            return Batch(ids_1T, targets_1T, source_BS=torch.tensor([self._read(source)]))
        ids_1T = self.read(text)
        return self._next(ids_1T) if topology == "decoder-only" else Batch(ids_1T, torch.full_like(ids_1T, IGNORE))

    def read(self, text: str) -> Tensor:
        return torch.tensor([self._read(text)])

    def _read(self, text: str) -> list[int]:
        ids = self.encode(text)
        if not ids:
            raise ValueError("Type a text first.")
        if len(ids) > self.longest:
            raise ValueError(
                f"This text has {len(ids):,} tokens, and with the heads of this model {self.longest:,} can be drawn. "
                "Shorten it."
            )
        return ids

    def encode(self, text: str) -> list[int]:
        if len(text) > CHARACTERS:
            raise ValueError(f"A text has up to {CHARACTERS:,} characters; this one has {len(text):,}. Shorten it.")
        ids = [piece.id for piece in self._pieces(text)]
        beyond = max(ids, default=0)
        if beyond >= len(self.vocabulary):
            raise ValueError(f"The tokenizer gives a token {beyond:,}, and the model knows {len(self.vocabulary):,}.")
        return ids

    def begin(self, topology: Topology, text: str) -> Prompt:
        if topology == "encoder-only" and not self.mask:
            raise ValueError("The tokenizer of this checkpoint has no token that stands for a gap, so it fills none.")
        return super().begin(topology, text)

    def decode(self, ids: Iterable[Any]) -> str:
        return self.tokenizer.decode([int(i) for i in ids])


def _fixed() -> torch.Generator:
    return torch.Generator().manual_seed(0)
