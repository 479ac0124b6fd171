"""Reverse: say it backwards."""

from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor

from playground.tasks.sequences import Sequences, SequencesConfig


class Reverse(SequencesConfig):
    """Write a random sequence of symbols from its end to its start. What attention has to do is an anti-diagonal."""

    title: ClassVar[str] = "Reverse"
    kind: Literal["reverse"] = "reverse"

    def build(self) -> ReverseTask:
        return ReverseTask(self)


class ReverseTask(Sequences):
    description = "Write a sequence of symbols backwards."

    def solve(self, prompt_BS: Tensor) -> Tensor:
        return prompt_BS.flip(1)
