"""Brackets: close what was opened last."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import ClassVar, Literal

import torch
from pydantic import model_validator
from torch import Tensor
from typing_extensions import Self

from models.config import knob, refuse
from playground.tasks import split as sides
from playground.tasks.base import IGNORE, MASK, PAD, SEPARATOR, START, Batch, Probe, Split, Task, TaskConfig, Topology

PAIRS = ("()", "[]", "{}", "<>")


class Brackets(TaskConfig):
    """Balanced sequences of k types of brackets: the Dyck-(k, depth) language (Yao et al., 2021, arXiv:2105.11115).

    Scored only where a bracket closes, so the one question is which type: that of the last bracket still open.
    """

    title: ClassVar[str] = "Brackets"
    kind: Literal["brackets"] = "brackets"
    length: int = knob(
        24, "Length", "How many brackets a sequence has, an even number.", ge=8, le=128, step=2, most=64, unit="tokens"
    )
    types: int = knob(2, "Types", "How many types of brackets there are.", ge=2, le=len(PAIRS))
    depth: int = knob(4, "Depth", "At most this many brackets are open at once.", ge=1, le=64, most=32)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.length % 2:
            refuse(
                "length",
                f"{self.length} brackets cannot be balanced: choose an even length, such as {self.length + 1}.",
            )
        count = ways(self.length, self.depth)[self.length][0] * self.types ** (self.length // 2)
        sides.require_examples(count, "length", "make the sequence longer or deeper, or use more types")
        return self

    def build(self) -> BracketsTask:
        return BracketsTask(self)


def ways(length: int, depth: int) -> list[list[int]]:
    """ways[r][d]: in how many ways r more brackets of one type take d open ones to none, never above `depth`."""
    table = [[1] + [0] * depth]
    for _ in range(length):
        last = [*table[-1], 0]
        table.append([last[d + 1] * (d < depth) + (last[d - 1] if d else 0) for d in range(depth + 1)])
    return table


def opening(length: int, depth: int) -> Tensor:
    """(length, depth + 1) probability that bracket t opens if d are open, all balanced walks being as likely."""
    table = ways(length, depth)

    def share(left: int, d: int) -> float:
        return table[left - 1][d + 1] / table[left][d] if d < depth and table[left][d] else 0.0

    shares = [[share(length - t, d) for d in range(depth + 1)] for t in range(length)]
    return torch.tensor(shares, dtype=torch.float64)


class BracketsTask(Task):
    """The content of an example is the sequence itself: opening brackets are ids 0 .. k-1, closing ones k .. 2k-1."""

    description = "Close each bracket with the type that was opened last."
    ask = "A balanced sequence of brackets, such as ([])()"
    accuracy = "Share of closing brackets whose type is right, given that a bracket closes there."
    meaning = MappingProxyType(
        {
            "decoder-only": "It reads from the left and, wherever a bracket closes next, "
            "must name the type of the last one open.",
            "encoder-only": "Every closing bracket is blanked; it fills them all, seeing the openings on both sides.",
            "encoder-decoder": "The encoder reads the sequence with every closing bracket blanked; "
            "the decoder writes it out in full and is scored on the closing ones.",
        }
    )

    def __init__(self, config: Brackets):
        pairs = PAIRS[: config.types]
        super().__init__(config, [*(p[0] for p in pairs), *(p[1] for p in pairs), SEPARATOR, MASK, PAD, START])
        self.types, self.length, self.chance = config.types, config.length, 1 / config.types
        self.opening_TD = opening(config.length, config.depth)

    def context(self, topology: Topology) -> int:
        return self.length - (topology == "decoder-only")

    def draw(self, size: int, generator: torch.Generator, split: Split) -> Tensor:
        return sides.draw(size, generator, split, self.propose)

    def propose(self, size: int, generator: torch.Generator) -> Tensor:
        """Balanced sequences: every nesting is as likely as any other, and so is every type of a pair."""
        lot_TB = torch.rand(self.length, size, generator=generator, dtype=torch.float64)
        depth_B = torch.zeros(size, dtype=torch.int64)
        before, opens = [], []
        for lot_B, opening_D in zip(lot_TB, self.opening_TD, strict=True):
            open_B = lot_B < opening_D[depth_B]
            before.append(depth_B)
            opens.append(open_B)
            depth_B = depth_B + 2 * open_B - 1
        opens_BT = torch.stack(opens, 1)
        level_BT = torch.stack(before, 1) - (~opens_BT).long()
        # at one level brackets open and close in turn, so sorted by level each is next to its partner
        order_BT = level_BT.argsort(dim=1, stable=True)
        type_BT = torch.randint(self.types, (size, self.length // 2), generator=generator).repeat_interleave(2, 1)
        return torch.empty_like(type_BT).scatter(1, order_BT, type_BT) + self.types * ~opens_BT

    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        targets_BT = content_BS.where(content_BS >= self.types, IGNORE)
        if topology == "decoder-only":
            return Batch(content_BS[:, :-1].contiguous(), targets_BT[:, 1:].contiguous())
        blanked_BT = content_BS.masked_fill(content_BS >= self.types, self.id[MASK])
        if topology == "encoder-only":
            return Batch(blanked_BT, targets_BT)
        return Batch(self.shifted(content_BS), targets_BT, source_BS=blanked_BT)

    def read(self, text: str) -> Tensor:
        """A balanced sequence of at most `length` brackets."""
        ids = self.encode(text)
        if not 2 <= len(ids) <= self.length:
            raise ValueError(f"Write 2 to {self.length} brackets; this is {len(ids)}.")
        waiting: list[int] = []
        for place, token in enumerate(ids, 1):
            if token < self.types:
                waiting.append(token)
            elif not waiting or token - self.types != waiting.pop():
                raise ValueError(f"Bracket {place}, {self.vocabulary[token]!r}, does not close the last open one.")
        if waiting:
            raise ValueError(f"{len(waiting)} of the brackets are still open at the end: close them.")
        return torch.tensor([ids])

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """One deep and one flat example: towers of two types, then pairs in a row."""
        half = min(4, self.length // 2)
        openings = [0, 1] * half
        tower = [*openings[:half], *(self.types + token for token in reversed(openings[:half]))]
        row = [bracket for token in openings[:half] for bracket in (token, self.types + token)]
        return Probe("nested", self.decode(tower)), Probe("in a row", self.decode(row))
