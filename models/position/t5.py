"""T5's relative bias in logarithmic buckets (Raffel et al. 2020, arXiv:1910.10683, sec. 2.1)."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.config import knob, refuse
from models.position.base import Position, PositionConfig, Room

PAPER = ("Raffel et al. 2020", "https://arxiv.org/abs/1910.10683")


def bucket(offset: Tensor, *, bidirectional: bool, buckets: int = 32, furthest: int = 128) -> Tensor:
    """Bucket of each offset (key minus query): exact when near, logarithmic up to `furthest`, then one for all."""
    if bidirectional:
        buckets //= 2
        base, distance = buckets * (offset > 0), offset.abs()
    else:
        base, distance = torch.zeros_like(offset), (-offset).clamp(min=0)
    exact = buckets // 2
    far = torch.full_like(distance, exact)
    for least in _further(buckets, furthest):
        far = far + (distance >= least)
    return base + torch.where(distance < exact, distance, far)


def _further(buckets: int, furthest: int) -> list[int]:
    """The shortest distance of each logarithmic bucket but the first: whole numbers, exact on every device."""
    exact = buckets // 2
    wide, ratio = buckets - exact, furthest / exact
    found = []
    for i in range(1, wide):
        near = int(exact * ratio ** (i / wide))  # or a neighbour, where it is a whole number
        found.append(
            next(d for d in (near, near + 1, near + 2) if int(math.log(d / exact) / math.log(ratio) * wide) >= i)
        )
    return found


class T5(PositionConfig):
    """A parameter per head and distance bucket is added to the scores; one table for all layers of a stack."""

    acts_in_attention: ClassVar[bool] = True
    acts_on_scores: ClassVar[bool] = True
    kind: Literal["T5"] = "T5"
    paper = ("Raffel et al. 2020, §2.1", "https://arxiv.org/abs/1910.10683")
    chip = "T5 bias"
    heading = "Buckets"
    adds = "T5 bias"
    enters = "T5 adds a parameter for each bucket of distances to the scores of every attention"
    sees = "The bias is a parameter per bucket of distances, the same in every layer of a stack."
    buckets: int = knob(
        32,
        "Buckets",
        "Distances are sorted into this many.",
        ge=4,
        le=128,
        step=4,
        multiple_of=4,
        advanced=True,
        paper=PAPER,
    )
    furthest: int = knob(
        128,
        "Furthest",
        "All longer distances share the last bucket.",
        ge=16,
        le=4096,
        most=512,
        unit="tokens",
        advanced=True,
    )

    def build(self, room: Room) -> Position:
        return BucketBias(self, room)

    def check(self, room: Room) -> None:
        exact = self.buckets // 2  # of a causal stack; a bidirectional one has half as many each way
        if self.furthest <= exact:
            refuse(
                "furthest",
                f"{self.buckets} buckets tell the first {exact} distances apart one by one, so the furthest must lie "
                f"beyond them. Use {exact + 1} or more, or fewer buckets.",
            )

    def parameters(self, room: Room) -> int:
        return self.buckets * room.heads


class BucketBias(Position):
    def __init__(self, config: T5, room: Room):
        super().__init__()
        self.config, self.bidirectional = config, room.bidirectional
        self.bias_table = nn.Parameter(torch.empty(config.buckets, room.heads))

    def bias(self, queries: int, keys: int, start: int = 0) -> Tensor:
        device = self.bias_table.device
        offset_TS = (
            torch.arange(keys, device=device)[None] - torch.arange(start, start + queries, device=device)[:, None]
        )
        at_TS = bucket(
            offset_TS, bidirectional=self.bidirectional, buckets=self.config.buckets, furthest=self.config.furthest
        )
        return self.bias_table[at_TS].permute(2, 0, 1)
