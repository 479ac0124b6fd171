"""Tagged: four small tasks in one stream, each example announcing its own."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar, Literal

import torch
from torch import Tensor

from playground.tasks.base import Batch, Probe, Topology
from playground.tasks.sequences import SequencesConfig, symbols_knob
from playground.tasks.sort import blind_sorting
from playground.tasks.transduction import Transduction

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # digits first: the successor of 9 is a
TAGS = {"copy": "=", "reverse": "↔", "sort": "↑", "successor": "+"}


class Tagged(SequencesConfig):
    """A mixture of copy, reverse, sort and successor (each symbol's next one, the last one's is the first).

    The first token says which is asked for, so it can be seen whether experts divide the work by task.
    """

    title: ClassVar[str] = "Four tagged tasks"
    kind: Literal["tagged"] = "tagged"
    symbols: int = symbols_knob(16)

    def build(self) -> TaggedTask:
        return TaggedTask(self)


class TaggedTask(Transduction):
    description = "Copy, reverse, sort or count up by one: the first token says which."
    tags = tuple(TAGS)

    def __init__(self, config: Tagged):
        self.letters = config.symbols  # ids of tags follow those of the letters
        symbols = [*ALPHABET[: config.symbols], *TAGS.values()]
        super().__init__(config, symbols, prompt=config.length + 1, answer=config.length)
        self.chance = (3 / config.symbols + blind_sorting(config.length, config.symbols)) / len(TAGS)

    def propose(self, size: int, generator: torch.Generator) -> Tensor:
        tag_B1 = torch.randint(len(TAGS), (size, 1), generator=generator) + self.letters
        return torch.cat([tag_B1, torch.randint(self.letters, (size, self.answer), generator=generator)], 1)

    def solve(self, prompt_BS: Tensor) -> Tensor:
        tag_B, x_BT = prompt_BS[:, 0] - self.letters, prompt_BS[:, 1:]
        answers = torch.stack(
            [x_BT, x_BT.flip(1), x_BT.sort(1).values, (x_BT + 1) % self.letters]
        )  # in the order of TAGS
        return answers[tag_B, torch.arange(len(tag_B))]

    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        batch = super().layout(content_BS, topology, generator)
        tag_B1 = content_BS[:, :1] - self.letters
        return batch._replace(tags_BT=tag_B1.expand_as(batch.ids_BT).contiguous())

    ask = "A task mark and symbols, such as ↔abc"

    def read(self, text: str) -> Tensor:
        prompt_1S = super().read(text)
        if prompt_1S.shape[1] < 2 or prompt_1S[0, 0] < self.letters or (prompt_1S[0, 1:] >= self.letters).any():
            marks = ", ".join(f"{mark} ({name})" for name, mark in TAGS.items())
            raise ValueError(f"A prompt starts with the task, one of {marks}, and goes on with symbols only.")
        return prompt_1S

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        drawn_BS = self.draw(128, torch.Generator().manual_seed(1), "validation")
        first = {self.tags[int(prompt_S[0]) - self.letters]: self.decode(prompt_S) for prompt_S in drawn_BS.flip(0)}
        return tuple(Probe(name, first[name]) for name in self.tags)
