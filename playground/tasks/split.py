"""Training and validation examples that never meet: a hash of the example itself decides its side.

Nothing has to be remembered: whatever seed, step, thread or machine draws an example, it falls on the same side.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from models.config import refuse
from playground.tasks.base import Split

ONE_IN = 8  # one example in eight is kept for validation
FEWEST = 256  # examples a task must have: (7/8)^256 is 2e-15, so no side comes out empty
BUCKETS = 1000

PRIME = 2**31 - 1
BASE = 48271  # a primitive root modulo PRIME (the multiplier of Park, Miller and Stockmeyer's generator, 1993)


@functools.lru_cache(maxsize=256)
def _powers(length: int) -> Tensor:
    return torch.tensor([pow(BASE, i + 1, PRIME) for i in range(length)])


def bucket(content_BT: Tensor) -> Tensor:
    """(B,) numbers in [0, 1000): a polynomial hash of each row, modulo a prime and squared to break its linearity.

    Rows hold numbers in [0, 2^16) and at most 2^15 of them, so nothing overflows int64.
    """
    hash_B = ((content_BT + 1) * _powers(content_BT.shape[1])).sum(1) % PRIME
    return hash_B * hash_B % PRIME % BUCKETS


def held_out(content_BT: Tensor, share: float = 1 / ONE_IN) -> Tensor:
    """(B,) True where the example belongs to validation: about `share` of all examples."""
    return bucket(content_BT) < share * BUCKETS


def draw(
    size: int, generator: torch.Generator, split: Split, propose: Callable[[int, torch.Generator], Tensor]
) -> Tensor:
    """`size` examples of one side: more than enough are proposed at once and the other side's are left out."""
    share = 1 / ONE_IN if split == "validation" else 1 - 1 / ONE_IN
    rounds: list[Tensor] = []
    missing = size
    while missing > 0:
        proposed_BT = propose(int(1.25 * missing / share) + 16, generator)
        rounds.append(proposed_BT[held_out(proposed_BT) == (split == "validation")])
        missing -= len(rounds[-1])
    return torch.cat(rounds)[:size]


def require_examples(count: int, field: str, remedy: str) -> None:
    """Refuse a task with so few different examples that one side of the split could be empty."""
    if count < FEWEST:
        sentence = (
            f"These settings make only {count} different examples and {FEWEST} are needed, because one in {ONE_IN} "
        )
        refuse(field, f"{sentence}is kept for validation: {remedy}.")
