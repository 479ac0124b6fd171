"""How many tokens an expert may take, and which get a seat. A token without one is dropped: the expert adds exactly
nothing for it, and it passes by the residual.

Reference implementations disagree in every point but this: each is an option here.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from models.config import Config, knob

_SWITCH = ("Fedus et al. 2021", "https://arxiv.org/abs/2101.03961")
ROUNDINGS = {"up": math.ceil, "down": math.floor, "nearest": round}


class Capacity(Config):
    """Seats of each expert = tokens x choices ÷ experts x factor, between the smallest and the largest capacity."""

    factor: float | None = knob(
        None,
        "Capacity factor",
        "Seats of each expert in training: this times its fair share of the tokens. Empty: no limit, nothing dropped.",
        live=True,
        empty="no limit",
        gt=0.0,
        le=256.0,
        most=8.0,
        step=0.05,
        paper=_SWITCH,
    )
    evaluation: float | None = knob(
        None,
        "Capacity factor, evaluating",
        "The same when the model is evaluated or looked at. Empty: no limit.",
        live=True,
        empty="no limit",
        gt=0.0,
        le=256.0,
        most=8.0,
        step=0.05,
        advanced=True,
    )
    minimum: int = knob(
        1,
        "Smallest capacity",
        "An expert has at least this many seats.",
        live=True,
        ge=0,
        le=65_536,
        most=64,
        advanced=True,
    )
    maximum: int | None = knob(
        None,
        "Largest capacity",
        "An expert has at most this many seats, in evaluation too, with or without a factor (HF Switch: 64 of each "
        "sequence). Empty: no such limit.",
        live=True,
        empty="no limit",
        ge=1,
        le=1_000_000,
        most=1024,
        advanced=True,
    )
    rounding: Literal["up", "down", "nearest"] = knob(
        "up", "Rounding", "Of a capacity that is no whole number.", live=True, advanced=True
    )
    group: Literal["batch", "sequence"] = knob(
        "batch",
        "Seats are counted over",
        "The whole batch, where sequences compete for seats, or each sequence by itself.",
        live=True,
        advanced=True,
    )
    priority: Literal["position", "choice", "probability"] = knob(
        "position",
        "Who is seated first",
        "Position: in the order of the batch, example by example, each from left to right. Choice: all first choices "
        "before any second (GShard). Probability: the surest tokens first (V-MoE). The last two let a later token take "
        "an earlier one's slot: in a decoder that leaks the future.",
        live=True,
        advanced=True,
        paper=("Riquelme et al. 2021", "https://arxiv.org/abs/2106.05974"),
    )

    def seats(self, tokens: int, choices: int, experts: int, *, training: bool) -> int | None:
        """Seats of one expert for this many tokens of one group; None: no limit."""
        factor = self.factor if training else self.evaluation
        most = tokens if self.maximum is None else min(tokens, self.maximum)
        if factor is None:
            return None if self.maximum is None else most
        fair = round(tokens * choices / experts * factor, 6)  # a hair above a whole number would be rounded up
        return min(most, max(self.minimum, ROUNDINGS[self.rounding](fair)))


class Seating(NamedTuple):
    """Who sits where."""

    seats_NK: Tensor
    """The number each choice drew in its expert's queue, from 0; -1: not asked for (padding)."""
    demand_XE: Tensor
    """How many asked for each expert, by group."""


def seat(
    experts_NK: Tensor, weights_NK: Tensor, asked_NK: Tensor | None, groups: int, experts: int, priority: str
) -> Seating:
    """Number the choices of each expert in each of `groups` equal stretches of N, in order of priority."""
    tokens, choices = experts_NK.shape
    size = tokens // groups
    group_N = torch.arange(tokens, device=experts_NK.device) // size
    queue_NK = group_N[:, None] * experts + experts_NK
    if asked_NK is not None:
        queue_NK = queue_NK.masked_fill(~asked_NK, groups * experts)
    order_M = _order(weights_NK, groups, priority)
    queue_M = queue_NK.flatten() if order_M is None else queue_NK.flatten()[order_M]
    sorted_M, first_M = queue_M.sort(stable=True)
    lengths = queue_M.new_zeros(groups * experts + 1).index_add_(0, queue_M, torch.ones_like(queue_M))
    number_M = torch.arange(len(queue_M), device=queue_M.device) - (lengths.cumsum(0) - lengths)[sorted_M]
    at_M = first_M if order_M is None else order_M[first_M]
    seats_NK = torch.empty_like(number_M).scatter_(0, at_M, number_M).view(tokens, choices)
    if asked_NK is not None:
        seats_NK = seats_NK.masked_fill(~asked_NK, -1)
    return Seating(seats_NK, lengths[: groups * experts].view(groups, experts))


def _order(weights_NK: Tensor, groups: int, priority: str) -> Tensor | None:
    """Flat indices of N x K in order of priority (groups need not stand together); None: as they stand."""
    tokens, choices = weights_NK.shape
    if priority == "position":
        return None
    at_NK = torch.arange(tokens * choices, device=weights_NK.device).view(tokens, choices)
    if priority == "probability":
        at_NK = at_NK[weights_NK.detach().amax(dim=-1).argsort(dim=0, descending=True, stable=True)]
    return at_NK.T.flatten()
