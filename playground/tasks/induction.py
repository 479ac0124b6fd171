"""Induction: find the last time this symbol occurred, and say what followed it."""

from __future__ import annotations

from functools import cached_property, partial
from types import MappingProxyType
from typing import ClassVar, Literal

import torch
from pydantic import model_validator
from torch import Tensor
from typing_extensions import Self

from models.config import knob, refuse
from playground.tasks import split as sides
from playground.tasks.base import IGNORE, MASK, PAD, SEPARATOR, START, Batch, Probe, Split, Task, TaskConfig, Topology
from playground.tasks.sequences import ALPHABET, symbols_knob

MASKED = 0.25  # share of the maskable tokens that an encoder-only model has to fill in
PROBED = (9, 5)  # periods of the named probes


class Induction(TaskConfig):
    """A block of distinct symbols, repeated to the end (as in Olsson et al., 2022, arXiv:2209.11895).

    The period is drawn for each example. With one fixed period the answer always stands the same number of positions
    back, and a single layer with learned positions gets everything right, and a high induction score, without any
    induction. Choose the same shortest and longest period to see that happen.
    """

    title: ClassVar[str] = "Induction"
    kind: Literal["induction"] = "induction"
    length: int = knob(32, "Length", "How many tokens the model reads.", ge=8, le=512, most=64, unit="tokens")
    symbols: int = symbols_knob(32)
    min_period: int = knob(4, "Shortest period", "The shortest block that is repeated.", ge=3, le=48, unit="tokens")
    max_period: int = knob(
        16,
        "Longest period",
        "The longest block. If it equals the shortest, position alone solves the task.",
        ge=3,
        le=48,
        unit="tokens",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min_period > self.max_period:
            sentence = f"The shortest period {self.min_period} is above the longest {self.max_period}"
            refuse("min_period", f"{sentence}: lower it or raise the other.")
        if self.symbols < self.max_period:
            sentence = f"{self.symbols} symbols cannot fill a block of {self.max_period} without repeating one"
            refuse("symbols", f"{sentence}: use at least {self.max_period} symbols or a shorter longest period.")
        if self.length < self.max_period + 2:
            sentence = f"In {self.length} tokens a block of {self.max_period} hardly repeats"
            refuse("length", f"{sentence}: use at least {self.max_period + 2} tokens or a shorter longest period.")
        sides.require_examples(self.examples, "symbols", "use more symbols or longer periods")
        return self

    @property
    def examples(self) -> int:
        """How many different examples there are."""
        blocks, total = 1, 0
        for period in range(1, self.max_period + 1):
            blocks *= self.symbols - period + 1
            total += blocks * (period >= self.min_period)
        return total

    def build(self) -> InductionTask:
        return InductionTask(self)


class InductionTask(Task):
    """The content of an example is its period, then its block, filled up with the number of symbols: (B, 1 + P)."""

    description = "Continue a random block of symbols that repeats; the period changes from example to example."
    ask = "A few different symbols, such as abcde; they are repeated"
    accuracy = "Share of right tokens where the next one is determined: from the second copy of the block on."
    meaning = MappingProxyType(
        {
            "decoder-only": "It predicts the next token; to be right it must find the earlier copy of the current one "
            "and name the token behind that, which takes two layers.",
            "encoder-only": "A quarter of the tokens after the first copy are blanked; "
            "it fills each from a copy it can see, on either side.",
            "encoder-decoder": "The encoder reads the first copies of the block; "
            "the decoder goes on from where they stop, finding its place through cross-attention.",
        }
    )

    def __init__(self, config: Induction):
        super().__init__(config, [*ALPHABET[: config.symbols], SEPARATOR, MASK, PAD, START])
        self.symbols, self.length, self.chance = config.symbols, config.length, 1 / config.symbols
        self.periods = config.min_period, config.max_period
        self.source = max(config.length // 2, config.max_period + 1)  # more than one period, so that the period shows

    def context(self, topology: Topology) -> int:
        return max(self.source, self.length - self.source) if topology == "encoder-decoder" else self.length

    def draw(self, size: int, generator: torch.Generator, split: Split) -> Tensor:
        return sides.draw(size, generator, split, partial(self.propose, periods=self.periods))

    def propose(self, size: int, generator: torch.Generator, periods: tuple[int, int]) -> Tensor:
        """Examples from the whole space, with periods between the two given, both included."""
        low, high = periods
        period_B1 = torch.randint(low, high + 1, (size, 1), generator=generator)
        block_BT = torch.rand(size, self.symbols, generator=generator).argsort(1)[:, :high]  # distinct symbols
        block_BT = block_BT.masked_fill(torch.arange(high) >= period_B1, self.symbols)
        return torch.cat([period_B1, block_BT], 1)

    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        period_B1, place_T = content_BS[:, :1], torch.arange(self.length)
        ids_BT = content_BS[:, 1:].gather(1, place_T % period_B1)
        if topology == "encoder-only":
            return self._blanked(ids_BT, period_B1, generator)
        if topology == "encoder-decoder":
            source_BS, answer_BT = ids_BT.split([self.source, self.length - self.source], dim=1)
            return Batch(self.shifted(answer_BT), answer_BT.contiguous(), source_BS=source_BS.contiguous())
        next_BT = content_BS[:, 1:].gather(1, (place_T + 1) % period_B1)
        known_BT = place_T >= period_B1  # the current token has been seen before, and so has what followed it
        return Batch(ids_BT, next_BT.where(known_BT, IGNORE), prefix_B=period_B1[:, 0].clone())

    def _blanked(self, ids_BT: Tensor, period_B1: Tensor, generator: torch.Generator) -> Batch:
        """Blank a quarter of the tokens behind the first copy and the token after it.

        The first copy stays, so every blank has a visible copy; the token after it stays, so the period is visible.
        """
        place_T = torch.arange(self.length)
        lot_BT = torch.rand(ids_BT.shape, generator=generator).masked_fill(place_T <= period_B1, 2.0)
        blanks_B1 = ((self.length - 1 - period_B1) * MASKED).round().long().clamp(min=1)
        blank_BT = lot_BT <= lot_BT.sort(1).values.gather(1, blanks_B1 - 1)
        return Batch(ids_BT.masked_fill(blank_BT, self.id[MASK]), ids_BT.where(blank_BT, IGNORE))

    def read(self, text: str) -> Tensor:
        """A block of distinct symbols, or the beginning of its repetition: `abc` and `abcab` are the same example."""
        ids = self.encode(text)
        block = ids[: next((i for i, token in enumerate(ids) if token in ids[:i]), len(ids))]
        longest = self.source - 1
        if not 2 <= len(block) <= longest or max(block) >= self.symbols:
            raise ValueError(
                f"Write a block of 2 to {longest} different symbols; it will be repeated to {self.length} tokens."
            )
        wrong = next((i for i, token in enumerate(ids) if token != block[i % len(block)]), None)
        if wrong is not None:
            shown = self.decode(block)
            raise ValueError(f"After {shown!r} the block starts again, but symbol {wrong + 1} does not follow it.")
        return torch.tensor([[len(block), *block]])

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """Two held-out examples of known period (the longest and the shortest, should 9 and 5 be out of bounds)."""
        low, high = self.periods
        probed = PROBED if low <= min(PROBED) and max(PROBED) <= high else sorted({low, high}, reverse=True)
        return tuple(Probe(f"period {period}", self._block(period)) for period in probed)

    def _block(self, period: int) -> str:
        generator = torch.Generator().manual_seed(period)
        content_1T = sides.draw(1, generator, "validation", partial(self.propose, periods=(period, period)))
        return self.decode(content_1T[0, 1:])
