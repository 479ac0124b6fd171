"""What copy, reverse and sort share: sequences of symbols drawn independently and evenly, and an answer as long."""

from __future__ import annotations

from typing import Any

import torch
from pydantic import model_validator
from torch import Tensor
from typing_extensions import Self

from models.config import knob
from playground.tasks.base import TaskConfig
from playground.tasks.split import require_examples
from playground.tasks.transduction import Transduction

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # the order in which `sort` sorts


def length_knob(default: int) -> Any:
    """The field for the number of symbols of a prompt."""
    help = "How many symbols the prompt has, and the answer too."
    return knob(default, "Length", help, ge=2, le=128, most=32, unit="symbols")


def symbols_knob(default: int) -> Any:
    """The field for the size of the alphabet."""
    help = "How many different symbols there are. Each is drawn as often as any other, and may repeat."
    return knob(default, "Symbols", help, ge=2, le=len(ALPHABET))


class SequencesConfig(TaskConfig):
    """Length and alphabet of random sequences."""

    length: int = length_knob(5)
    symbols: int = symbols_knob(26)

    @model_validator(mode="after")
    def _enough_examples(self) -> Self:
        require_examples(self.symbols**self.length, "length", "make the sequence longer or use more symbols")
        return self


class Sequences(Transduction):
    """A transduction of `length` random symbols into as many; subclasses say what the answer is."""

    def __init__(self, config: SequencesConfig):
        super().__init__(config, ALPHABET[: config.symbols], prompt=config.length, answer=config.length)

    def propose(self, size: int, generator: torch.Generator) -> Tensor:
        return torch.randint(self.symbols, (size, self.prompt), generator=generator)
