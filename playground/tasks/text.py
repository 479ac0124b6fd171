"""Text: the next character, the missing character, or the rest of the passage."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import torch
from pydantic import model_validator
from torch import Tensor
from typing_extensions import Self

from models.config import knob, refuse
from playground.tasks.base import IGNORE, MASK, START, Batch, Probe, Split, Task, TaskConfig, Topology
from playground.tasks.corpus import JOINERS, MOST, NEWLINE, OTHER, SPACE, Corpus, corpus, plain

VALIDATION = 0.1  # the last tenth of the text
LONGEST = 1_000_000


class Text(TaskConfig):
    """Language modelling by characters, on Python's own help texts or on a text of the visitor's.

    Encoder-only is masked language modelling (BERT, Devlin et al., 2019, arXiv:1810.04805), and every chosen character
    becomes ▢: BERT's 80/10/10 rule prepares for fine-tuning on texts without masks, which does not happen here.
    """

    title: ClassVar[str] = "Text"
    kind: Literal["text"] = "text"
    length: int = knob(
        64, "Context", "How many characters the model reads.", ge=8, le=1024, log=True, most=128, unit="characters"
    )
    mask_ratio: float = knob(
        0.25,
        "Mask ratio",
        "Encoder-only: this share of the characters is blanked and has to be filled in.",
        ge=0.05,
        le=0.6,
        step=0.05,
        advanced=True,
        paper=("Devlin et al., 2019", "https://arxiv.org/abs/1810.04805"),
    )
    source: Literal["built-in", "own"] = knob("built-in", "Source", "Python's help texts, or a text of your own.")
    text: str = knob(
        "", "Own text", "Paste a text or choose a file. A short one is part of a shared link.", max_length=LONGEST
    )

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        count, needed = len(self.corpus().ids_N), round((self.length + 1) / VALIDATION)
        if count < needed:
            sentence = f"The text has {count:,} characters; a context of {self.length} with a tenth kept for validation"
            refuse("text", f"{sentence} needs at least {needed:,}: use a longer text or a shorter context.")
        return self

    def corpus(self) -> Corpus:
        return corpus(self.text if self.source == "own" else None)

    def build(self) -> TextTask:
        return TextTask(self)


class TextTask(Task):
    """The content of an example is a window of `length` + 1 characters, from the first nine tenths or from the last.
    What the text itself repeats stands in both parts: of the built-in one, 8 % of the windows of 65 characters.
    """

    ask = "Some English, such as: the function returns"
    accuracy = "Share of characters whose likeliest prediction is right (top-1 accuracy)."
    bits = "bits per character"
    floor = None
    meaning = MappingProxyType(
        {
            "decoder-only": "It predicts each next character from those before it: language modelling, as in GPT.",
            "encoder-only": "It fills in blanked characters from both sides: masked language modelling, as in BERT.",
            "encoder-decoder": "The encoder reads the first half of a passage, the decoder writes the second half.",
        }
    )

    def __init__(self, config: Text):
        data = config.corpus()
        self.characters, self.data_N = len(data.characters), data.ids_N
        self.description = (
            f"Predict characters of {'English text' if config.source == 'built-in' else 'your own text'}."
        )
        if data.dropped:
            self.description += f" {data.dropped:,} characters that cannot be shown were left out."
        if data.rare:
            rest = f"the {data.rare:,} rarer ones are one, {OTHER}."
            self.description += f" Each of the {MOST - 1:,} commonest characters is an output; {rest}"
        shown = {" ": SPACE, "\n": NEWLINE} | JOINERS
        super().__init__(config, [*(shown.get(c, c) for c in data.characters), MASK, START])
        self.id |= {character: i for i, character in enumerate(data.characters)}
        self.written = (*data.characters, MASK, START)
        self.length, self.half, self.mask_ratio = config.length, config.length // 2, config.mask_ratio
        self.boundary = len(self.data_N) - round(VALIDATION * len(self.data_N))
        held_out_N = self.data_N[self.boundary :].long()
        self.chance = int(held_out_N.bincount().max()) / len(held_out_N)  # always naming the commonest of them

    def context(self, topology: Topology) -> int:
        return self.length - self.half if topology == "encoder-decoder" else self.length

    def draw(self, size: int, generator: torch.Generator, split: Split) -> Tensor:
        begin, end = (0, self.boundary) if split == "train" else (self.boundary, len(self.data_N))
        start_B = torch.randint(begin, end - self.length, (size,), generator=generator)
        return self.data_N[start_B[:, None] + torch.arange(self.length + 1)].long()

    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        ids_BT = content_BS[:, : self.length].contiguous()
        if topology == "decoder-only":
            nothing_B1 = torch.full((len(content_BS), 1), IGNORE)  # what follows a typed text is not known
            return Batch(ids_BT, torch.cat([content_BS[:, 1:], nothing_B1], 1)[:, : self.length].contiguous())
        if topology == "encoder-only":
            lot_BT = torch.rand(ids_BT.shape, generator=generator)
            blanks = max(1, round(self.mask_ratio * ids_BT.shape[1]))
            blank_BT = lot_BT <= lot_BT.kthvalue(blanks, dim=1, keepdim=True).values
            return Batch(ids_BT.masked_fill(blank_BT, self.id[MASK]), ids_BT.where(blank_BT, IGNORE))
        half = ids_BT.shape[1] // 2
        answer_BT = ids_BT[:, half:].contiguous()
        return Batch(self.shifted(answer_BT), answer_BT, source_BS=ids_BT[:, :half].contiguous())

    def read(self, text: str) -> Tensor:
        """Two to `length` characters of the corpus' alphabet."""
        ids = self.encode(text)
        if not 2 <= len(ids) <= self.length:
            raise ValueError(f"Write 2 to {self.length} characters; this is {len(ids)}.")
        if max(ids) >= self.characters:
            raise ValueError(f"Leave out {MASK} and {START}: the task places them itself.")
        return torch.tensor([ids])

    def encode(self, text: str) -> list[int]:
        known, rare = self.id, OTHER in self.id
        return self._look_up([c if c in known or not rare else OTHER for c in plain(text)])

    def decode(self, ids: Iterable[Any]) -> str:
        """The text itself: with spaces and newlines, where `vocabulary` shows signs for them."""
        return "".join(self.written[int(i)] for i in ids)

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """The first held-out passage, and a word said twice if the alphabet allows it."""
        passage = self.decode(self.data_N[self.boundary : self.boundary + self.length])
        twice = "the function returns the fun"[: self.length]
        return Probe("held-out passage", passage), *(
            (Probe("repeated words", twice),) if set(twice) <= set(self.id) else ()
        )
