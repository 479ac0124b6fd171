"""Sort: put symbols in order."""

from __future__ import annotations

from math import comb
from typing import ClassVar, Literal

from torch import Tensor

from playground.tasks.sequences import Sequences, SequencesConfig


class Sort(SequencesConfig):
    """Sort symbols, which may repeat, in the order a to z, then 0 to 9, then A to Z."""

    title: ClassVar[str] = "Sort"
    kind: Literal["sort"] = "sort"

    def build(self) -> SortTask:
        return SortTask(self)


class SortTask(Sequences):
    description = "Put symbols in alphabetical order; a symbol may occur more than once."

    def __init__(self, config: Sort):
        super().__init__(config)
        self.chance = blind_sorting(config.length, config.symbols)

    def solve(self, prompt_BS: Tensor) -> Tensor:
        return prompt_BS.sort(1).values


def blind_sorting(length: int, symbols: int) -> float:
    """Accuracy of naming the likeliest symbol of each place without reading the prompt.

    Small symbols come first, so this is better than 1 / symbols. The i-th smallest of n even draws from V symbols is
    one of the first v with probability sum over j >= i of C(n, j) (v/V)^j (1 - v/V)^(n-j).
    """

    def among_first(place: int, v: int) -> float:
        p = v / symbols
        return sum(comb(length, j) * p**j * (1 - p) ** (length - j) for j in range(place, length + 1))

    likeliest = [
        max(among_first(place, v + 1) - among_first(place, v) for v in range(symbols)) for place in range(1, length + 1)
    ]
    return sum(likeliest) / length
