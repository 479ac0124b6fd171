"""Mixtures small enough to train in a test, and routings written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from models.moe import ROUTERS
from models.records import Routing
from tests.playground.small import trained

MOE = "model.feed_forward"
NONE = -1  # an expert of a hand-written routing that was not asked for


def mixed(steps: int = 0, preset: str = "copy", *, router: str = "top-k", experts: int = 4, **changes: Any) -> Any:
    """A session with a small mixture, trained for some steps; `changes` below the feed-forward, as balance__z=0.1."""
    inside = {f"{MOE}.kind": "MoE", f"{MOE}.router.kind": router, f"{MOE}.experts": experts, f"{MOE}.hidden": 8}
    outside = {name: changes.pop(name) for name in [*changes] if name.split("__")[0] in ("model", "task", "training")}
    inside |= {f"{MOE}.{name.replace('__', '.')}": value for name, value in changes.items()}
    return trained(steps, preset, **outside, **inside)


def routing(
    chosen: Sequence[Sequence[int]],
    *,
    experts: int = 4,
    capacity: int | None = None,
    weights: Sequence[Sequence[float]] | None = None,
    probs: Tensor | None = None,
    losses: dict[str, float] | None = None,
) -> Routing:
    """Rows of choices, best first, seated in order; `NONE` was not asked for."""
    experts_NK = torch.tensor(chosen)
    tokens, k = experts_NK.shape
    seats_NK, demand = torch.full((tokens, k), -1), [0] * experts
    for n in range(tokens):
        for j in range(k):
            if chosen[n][j] != NONE:
                seats_NK[n, j] = demand[chosen[n][j]]
                demand[chosen[n][j]] += 1
    kept_NK = (seats_NK >= 0) & (seats_NK < (tokens * k if capacity is None else capacity))
    load = [
        sum(1 for n in range(tokens) for j in range(k) if kept_NK[n, j] and chosen[n][j] == e) for e in range(experts)
    ]
    weights_NK = torch.full((tokens, k), 1 / k) if weights is None else torch.tensor(weights)
    return Routing(
        logits_NE=torch.zeros(tokens, experts),
        probs_NE=torch.full((tokens, experts), 1 / experts) if probs is None else probs,
        experts_NK=experts_NK.clamp(min=0),
        weights_NK=weights_NK,
        seats_NK=seats_NK,
        kept_NK=kept_NK,
        capacity=capacity,
        demand_E=torch.tensor(demand),
        load_E=torch.tensor(load),
        losses={name: torch.tensor(value) for name, value in (losses or {}).items()},
        penalty=torch.zeros(()),
    )


ROUTED: dict[str, dict[str, Any]] = {
    **{
        kind: {"router": kind, "capacity__factor": 1.0, "capacity__evaluation": 1.0}
        if router.causal
        else {"router": kind, "model__topology": "encoder-only"}
        for kind, router in ROUTERS.items()
    },
    "8 experts": {"experts": 8},
    "16 experts by sequence": {"experts": 16, "capacity__factor": 1.0, "capacity__group": "sequence"},
    "64 experts, 8 to a token": {"experts": 64, "router__k": 8, "capacity__factor": 0.5},
    "split, shared, on devices": {"split": 2, "shared": 1, "devices": 4, "balance__device": 0.1},
    "second layer alone": {"skip": 1},
    "encoder-decoder": {"model__topology": "encoder-decoder"},
    "encoder alone": {"model__topology": "encoder-decoder", "router": "expert choice", "stacks": "encoder"},
    "tags": {"preset": "specialists", "router__k": 2},
    "text": {"preset": "collapse", "capacity__factor": 1.25},
}
"""Mixtures to look at: every router, sizes, layers, topologies, tasks."""


@cache
def known(name: str) -> Any:
    """One of them, trained for six steps; the last one who looked has chosen what is seen."""
    return mixed(6, **ROUTED[name])
