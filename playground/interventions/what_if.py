"""What other rules would make of the same scores: who goes where when nothing balances the loads, a loss, a bias, a
quantile, or the experts choose.

Each rule is the core's own layer, whose router reads the scores as they are. What a rule moves after an update moves
here `steps` times over the same tokens; of the auxiliary loss that is an offset to each expert's score, by gradient
descent, which is all that it can move without the stream.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.mixture import MixtureFeedForward, MoE
from models.moe import Balance, Capacity, ExpertChoice, Quantile, RouterConfig, TopK
from models.records import Routing
from models.tap import Pass
from playground.measures.routing import Evenness, dropped, evenness

PLAIN = "no balancing"


class Outcome(NamedTuple):
    """What one rule makes of the scores of N tokens for E experts."""

    taken_NE: Tensor
    """Which experts compute which tokens."""
    demand_E: np.ndarray
    load_E: np.ndarray
    evenness: Evenness
    dropped: float
    """Share of choices that found no seat."""
    changed: float
    """Share of tokens that other experts compute than without balancing."""


def rules(k: int) -> dict[str, RouterConfig]:
    """The router of each rule, for k experts per token."""
    usual = TopK(k=k, renormalise=False)
    return {
        PLAIN: usual,
        "auxiliary": usual,
        "bias": usual,
        "quantile": Quantile(k=k, renormalise=False),
        "expert choice": ExpertChoice(factor=k),
    }


def what_if(
    logits_NE: Tensor,
    k: int,
    *,
    keep_N: Tensor | None = None,
    factor: float | None = None,
    steps: int = 100,
    speed: float = 0.01,
) -> dict[str, Outcome]:
    """What each rule makes of one layer's recorded scores.

    keep_N: False for padding. factor: seats of each expert, as `Capacity` has them; None: no limit. speed: of a bias
    and, times the number of experts, of the auxiliary loss's descent.
    """
    found = {name: _settled(name, router, logits_NE, keep_N, factor, steps, speed) for name, router in rules(k).items()}
    plain_NE, real_N = _taken(found[PLAIN]), torch.ones(len(logits_NE), dtype=torch.bool) if keep_N is None else keep_N
    return {name: _outcome(routing, plain_NE, real_N) for name, routing in found.items()}


def _settled(
    name: str,
    router: RouterConfig,
    logits_NE: Tensor,
    keep_N: Tensor | None,
    factor: float | None,
    steps: int,
    speed: float,
) -> Routing:
    """The routing of a layer that reads the scores, after its balance has moved."""
    experts = logits_NE.shape[1]
    moves = speed if name == "bias" else 0.0
    config = MoE(
        hidden=1,
        experts=experts,
        router=router,
        capacity=Capacity(factor=factor, evaluation=factor),
        balance=Balance(bias_speed=moves),
    )
    layer: Any = MixtureFeedForward(config, experts).to(logits_NE)
    for parameter in layer.parameters():
        parameter.requires_grad_(False).zero_()
    layer.router.router.weight.copy_(torch.eye(experts))
    p = Pass(keep_BT=None if keep_N is None else keep_N[None])
    offset_E = torch.zeros_like(logits_NE[0], requires_grad=name == "auxiliary")
    for _ in range(0 if name in (PLAIN, "expert choice") else steps):
        routing = layer((logits_NE + offset_E)[None], p)[1]
        if name == "auxiliary":
            (slope_E,) = torch.autograd.grad(routing.losses["auxiliary"], offset_E)
            offset_E = (offset_E - speed * experts * slope_E).detach().requires_grad_()
        else:
            layer.after_update(routing)
    with torch.no_grad():
        return layer((logits_NE + offset_E)[None], p)[1]


def _taken(routing: Routing) -> Tensor:
    """(N, E) which experts compute which tokens."""
    none_NE = torch.zeros_like(routing.logits_NE, dtype=torch.bool)
    return none_NE.scatter(1, routing.experts_NK, routing.kept_NK)


def _outcome(routing: Routing, plain_NE: Tensor, real_N: Tensor) -> Outcome:
    taken_NE = _taken(routing)
    changed_N = (taken_NE != plain_NE).any(dim=1) & real_N
    demand_E, load_E = routing.demand_E.cpu().numpy(), routing.load_E.cpu().numpy()
    share = int(changed_N.sum()) / max(1, int(real_N.sum()))
    return Outcome(taken_NE, demand_E, load_E, evenness(demand_E), dropped(demand_E, load_E), share)
