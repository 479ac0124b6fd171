"""Small mixtures with decided routers, and the mixture once more: dense gates by the papers' formulas, in loops."""

import math
from typing import Any

import torch
from torch import Tensor

from models.feedforward import ACTIVATIONS
from models.mixture import MixtureFeedForward, MoE
from models.moe import (
    ROUTERS,
    DeepSeekMoE,
    DeepSeekV3,
    ExpertChoice,
    Hash,
    NoisyTopK,
    Random,
    RouterConfig,
    Soft,
    Switch,
    TopK,
)
from models.records import Routing
from models.tap import Pass, Tap

WIDTH, EXPERTS, BATCH, LENGTH = 8, 6, 3, 10
ROUTED: dict[str, RouterConfig] = {
    **{kind: router() for kind, router in ROUTERS.items()},
    "top-k": TopK(),
    "top-k, plain gates": TopK(k=3, renormalise=False),
    "top-k, softmax after": TopK(k=3, softmax="after selection"),
    "Switch": Switch(),
    "noisy top-k": NoisyTopK(),
    "soft": Soft(),
    "expert choice": ExpertChoice(factor=1.5),
    "DeepSeekMoE": DeepSeekMoE(k=2, groups=3, groups_kept=2, scale=3.0),
    "DeepSeek-V3": DeepSeekV3(k=3, groups=3, groups_kept=2),
    "hash": Hash(k=2),
    "random": Random(k=2),
}
FORMULAS = (TopK, Switch, NoisyTopK, Soft, ExpertChoice, DeepSeekMoE, DeepSeekV3)
"""Routers whose gates are computed here once more; of others, `dense_gates` takes what the layer reports."""
SEATED = {name: router for name, router in ROUTED.items() if router.picks == "tokens"}
"""Where tokens compete for seats."""


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mixture(router: RouterConfig, **fields: Any) -> MoE:
    return MoE.model_validate({"hidden": 12, "experts": EXPERTS, "activation": "gelu", "router": router, **fields})


def build(config: MoE, width: int = WIDTH, seed: int = 0) -> MixtureFeedForward:
    """A layer whose every number is drawn, the bias that selects included."""
    layer, generator = MixtureFeedForward(config, width, "decoder.0.feed_forward"), seeded(seed)
    for name, p in layer.state_dict().items():
        p.normal_(0.0, 0.1 if name.endswith("bias_E") else p.shape[-1] ** -0.5, generator=generator)
        if name == "router.router.weight":
            p *= 2.0
    return layer


def batch(batch: int = BATCH, length: int = LENGTH, seed: int = 1, width: int = WIDTH) -> Tensor:
    return torch.randn(batch, length, width, generator=seeded(seed))


def passing(x_BTD: Tensor, keep_BT: Tensor | None = None, train: int | None = None, edits: Any = ()) -> Pass:
    ids_BT = torch.randint(50, x_BTD.shape[:2], generator=seeded(7))
    noise = {} if train is None else {"training": True, "generator": seeded(train)}
    return Pass(Tap(edits), ids_BT=ids_BT, keep_BT=keep_BT, **noise)


def run(layer: MixtureFeedForward, x_BTD: Tensor, edits: Any = (), **named: Any) -> tuple[Tensor, Routing]:
    y_BTD, routing = layer(x_BTD, passing(x_BTD, edits=edits, **named))
    assert routing is not None
    return y_BTD, routing


def one_expert(layer: MixtureFeedForward, e: int, x_ND: Tensor) -> Tensor:
    """What expert e makes of every token."""
    up, down = layer.experts.up, layer.experts.down
    inside = torch.einsum("nd,fd->nf", x_ND, up.weight[e]) + (0 if up.bias is None else up.bias[e])
    act, hidden = ACTIVATIONS[layer.config.activation], layer.config.expert_hidden()
    inside = act(inside[:, :hidden]) * inside[:, hidden:] if layer.config.gated else act(inside)
    return torch.einsum("nf,df->nd", inside, down.weight[e]) + (0 if down.bias is None else down.bias[e])


def mixed(layer: MixtureFeedForward, x_BTD: Tensor, gates_NE: Tensor) -> Tensor:
    """Every expert computes every token: the sum by gates, and the shared ones."""
    x_ND = x_BTD.flatten(0, 1)
    y_ND = sum(gates_NE[:, e, None] * one_expert(layer, e, x_ND) for e in range(gates_NE.shape[1]))
    if layer.shared is not None:
        y_ND = y_ND + layer.shared(x_ND[None])[0][0]
    return y_ND.view_as(x_BTD)


def dense_gates(layer: MixtureFeedForward, x_BTD: Tensor, groups: int = 1) -> Tensor:
    """(N, E) by the formulas; 0 where an expert is not chosen."""
    x_ND, config, router = x_BTD.flatten(0, 1), layer.config.router, layer.router
    if type(config) not in FORMULAS:  # what it chooses has tests of its own
        routing = run(layer, x_BTD)[1]
        return x_ND.new_zeros(len(x_ND), layer.room.experts).scatter(1, routing.experts_NK, routing.weights_NK)
    logits_NE = torch.einsum("nd,ed->ne", x_ND, router.router.weight)
    probs_NE = logits_NE.exp() / logits_NE.exp().sum(1, keepdim=True)
    if isinstance(config, Soft):
        return probs_NE
    if isinstance(config, ExpertChoice):
        return probs_NE * _chosen_by_experts(probs_NE, config.factor * layer.room.split, groups)
    rows = []
    for logits_E, probs_E in zip(logits_NE, probs_NE, strict=True):
        scores_E = 1 / (1 + (-logits_E).exp()) if isinstance(config, DeepSeekV3) else probs_E
        picks = _picked((scores_E + router.bias_E).tolist(), config.choices(layer.room), config)
        gates = {e: scores_E[e] for e in picks}
        total = sum(gates.values())
        if isinstance(config, NoisyTopK) or (isinstance(config, TopK) and config.softmax == "after selection"):
            total = sum(logits_E[e].exp() for e in picks)
            gates = {e: logits_E[e].exp() / total for e in picks}
        elif isinstance(config, DeepSeekV3) or (isinstance(config, TopK) and config.renormalise):
            gates = {e: g / total for e, g in gates.items()}
        scale = config.scale if isinstance(config, (DeepSeekMoE, DeepSeekV3)) else 1.0
        rows.append(torch.stack([scale * gates[e] if e in gates else 0 * probs_E[e] for e in range(len(probs_E))]))
    return torch.stack(rows)


def _picked(scores: list[float], k: int, config: Any) -> list[int]:
    """The k highest scores, of the groups that count most."""
    allowed = list(range(len(scores)))
    if isinstance(config, (DeepSeekMoE, DeepSeekV3)):
        size, best = len(scores) // config.groups, 2 if isinstance(config, DeepSeekV3) else 1
        worth = [sum(sorted(scores[g * size : g * size + size])[-best:]) for g in range(config.groups)]
        kept = sorted(range(config.groups), key=lambda g: -worth[g])[: config.groups_kept]
        allowed = [e for e in allowed if e // size in kept]
    return sorted(allowed, key=lambda e: -scores[e])[:k]


def _chosen_by_experts(probs_NE: Tensor, factor: float, groups: int) -> Tensor:
    chosen_NE, size = torch.zeros_like(probs_NE), len(probs_NE) // groups
    for g in range(groups):
        for e in range(probs_NE.shape[1]):
            order = probs_NE[g * size : (g + 1) * size, e].argsort(descending=True)
            chosen_NE[order[: math.ceil(size * factor / probs_NE.shape[1])] + g * size, e] = 1
    return chosen_NE
