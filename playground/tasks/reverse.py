"""Reverse: say it backwards."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar, Literal

import torch
from torch import Tensor

from models.config import knob
from playground.tasks.base import IGNORE, MASK, Batch, Prompt, Task, Topology
from playground.tasks.sequences import Sequences, SequencesConfig


class Reverse(SequencesConfig):
    """Write a random sequence of symbols from its end to its start. What attention has to do is an anti-diagonal."""

    title: ClassVar[str] = "Reverse"
    kind: Literal["reverse"] = "reverse"
    hidden: Literal["answer", "either side"] = knob(
        "answer",
        "Blanked",
        "Encoder-only: the whole answer; or of each symbol and its mirror image one, whichever chance takes, so that "
        "what is missing stands on either side.",
    )

    def build(self) -> ReverseTask:
        return ReverseTask(self)


class ReverseTask(Sequences):
    description = "Write a sequence of symbols backwards."

    def __init__(self, config: Reverse):
        super().__init__(config)
        self.mirrored = config.hidden == "either side"
        if self.mirrored:
            self.accuracy = "Share of the blanked (else: the answer's) tokens that are right."
            self.meaning = MappingProxyType(
                {
                    **self.meaning,
                    "encoder-only": "A sequence stands beside its mirror image, and one of each pair is blanked: "
                    "it fills each from the other, so it must look to the right as well as to the left.",
                }
            )

    def solve(self, prompt_BS: Tensor) -> Tensor:
        return prompt_BS.flip(1)

    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        """With "either side" an encoder-only model sees one of each symbol and its mirror image, left or right."""
        if not (self.mirrored and topology == "encoder-only"):
            return super().layout(content_BS, topology, generator)
        between_B1 = torch.full((len(content_BS), 1), self.id[self.separator])
        whole_BT = torch.cat([content_BS, between_B1, self.solve(content_BS)], 1)
        left_BS = torch.rand(content_BS.shape, generator=generator) < 0.5
        blank_BT = torch.cat([left_BS, torch.zeros_like(between_B1, dtype=torch.bool), ~left_BS.flip(1)], 1)
        return Batch(whole_BT.masked_fill(blank_BT, self.id[MASK]), whole_BT.where(blank_BT, IGNORE))

    def begin(self, topology: Topology, text: str) -> Prompt:
        """With "either side" the blanks of an encoder-only model stand where they were typed, as in abc→▢▢a."""
        if self.mirrored and topology == "encoder-only":
            return Task.begin(self, topology, text)
        return super().begin(topology, text)
