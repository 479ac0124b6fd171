"""Copy: say the same again."""

from __future__ import annotations

from typing import ClassVar, Literal

from torch import Tensor

from playground.tasks.sequences import Sequences, SequencesConfig, length_knob


class Copy(SequencesConfig):
    """Repeat a random sequence of symbols.

    A symbol and its copy are always equally far apart, so position alone solves it: this is not induction.
    """

    title: ClassVar[str] = "Copy"
    kind: Literal["copy"] = "copy"
    length: int = length_knob(12)

    def build(self) -> CopyTask:
        return CopyTask(self)


class CopyTask(Sequences):
    description = "Repeat a sequence of symbols."

    def solve(self, prompt_BS: Tensor) -> Tensor:
        return prompt_BS
