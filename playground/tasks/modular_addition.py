"""Modular addition: a clock's arithmetic, from a table with holes."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import model_validator
from torch import Tensor
from typing_extensions import Self

from models.config import knob, refuse
from playground.tasks.base import Split, TaskConfig
from playground.tasks.split import held_out
from playground.tasks.transduction import Transduction

PRIMES = (11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)


class ModularAddition(TaskConfig):
    """(a + b) mod p from examples: the task of "Grokking" (Power et al., 2022, arXiv:2201.02177).

    a + b and b + a are on the same side of the split, so a held-out sum cannot be looked up in the other order.
    """

    title: ClassVar[str] = "Modular addition"
    kind: Literal["modular_addition"] = "modular_addition"
    p: int = knob(31, "Modulus p", "Sums are taken modulo this prime; it is also the number of symbols.", ge=11, le=97)
    held_out: float = knob(
        0.1,
        "Held out",
        "About this share of all pairs is never trained on. The larger it is, the later the model generalises, "
        "if at all.",
        ge=0.05,
        le=0.7,
        step=0.05,
        advanced=True,
        paper=("Power et al., 2022", "https://arxiv.org/abs/2201.02177"),
    )

    @model_validator(mode="after")
    def _prime(self) -> Self:
        if self.p not in PRIMES:
            below, above = max(q for q in PRIMES if q < self.p), min(q for q in PRIMES if q > self.p)
            refuse("p", f"The modulus has to be a prime and {self.p} is none: choose {below} or {above}.")
        return self

    def build(self) -> ModularAdditionTask:
        return ModularAdditionTask(self)


class ModularAdditionTask(Transduction):
    ask = "A sum, such as 7 + 8"
    description = "Add two numbers modulo a prime, from part of the addition table."

    def __init__(self, config: ModularAddition):
        super().__init__(config, [*map(str, range(config.p)), "+"], prompt=3, answer=1, separator="=")
        self.p, self.chance = config.p, 1 / config.p
        pair_NT = torch.cartesian_prod(torch.arange(config.p), torch.arange(config.p))
        held_out_N = held_out(pair_NT.sort(1).values, config.held_out)
        self.pairs: dict[Split, Tensor] = {"train": pair_NT[~held_out_N], "validation": pair_NT[held_out_N]}

    def draw(self, size: int, generator: torch.Generator, split: Split) -> Tensor:
        pairs_NT = self.pairs[split]
        return self._prompt(pairs_NT[torch.randint(len(pairs_NT), (size,), generator=generator)])

    def propose(self, size: int, generator: torch.Generator) -> Tensor:
        return self._prompt(torch.randint(self.p, (size, 2), generator=generator))

    def solve(self, prompt_BS: Tensor) -> Tensor:
        return (prompt_BS[:, :1] + prompt_BS[:, 2:]) % self.p

    def read(self, text: str) -> Tensor:
        ids = self.encode(text.split(self.separator)[0])
        if len(ids) != 3 or ids[1] != self.id["+"] or max(ids[0], ids[2]) >= self.p:
            raise ValueError(f"Write a sum of two numbers from 0 to {self.p - 1}, such as 7 + 8.")
        return torch.tensor([ids])

    def _prompt(self, pair_BT: Tensor) -> Tensor:
        plus_B1 = torch.full((len(pair_BT), 1), self.id["+"])
        return torch.cat([pair_BT[:, :1], plus_B1, pair_BT[:, 1:]], 1)
