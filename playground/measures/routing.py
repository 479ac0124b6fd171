"""What a router does, from its routing alone: how even the load is, what is dropped, what the experts tell about the
tokens, what crosses devices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from models.records import Routing

DEAD = 0.01  # of the mean load: an expert below it is called dead


class Evenness(NamedTuple):
    """How evenly choices fall on experts, before any is dropped."""

    largest: float
    """Largest load ÷ mean; 1 = even, E = everything on one."""
    variation: float
    """Standard deviation ÷ mean (the square root of Shazeer et al.'s CV²); 0 = even."""
    bits: float
    """Entropy of the shares in bits; log2(E) = even."""
    dead: int
    """Experts below 1 % of the mean."""


def evenness(demand_E: np.ndarray) -> Evenness:
    """Measure one layer's demand."""
    demand = demand_E.astype(float)
    mean = demand.mean() or 1.0
    shares = demand[demand > 0] / max(1.0, demand.sum())
    return Evenness(
        largest=float(demand.max() / mean),
        variation=float(demand.std() / mean),
        bits=float(-(shares * np.log2(shares)).sum()),
        dead=int((demand < DEAD * mean).sum()),
    )


def dropped(demand_E: np.ndarray, load_E: np.ndarray) -> float:
    """Share of choices that found no seat."""
    asked = int(demand_E.sum())
    return (asked - int(load_E.sum())) / max(1, asked)


def unchosen(routing: Routing, keep_N: Tensor | None = None) -> tuple[int, int]:
    """(tokens that no expert has, tokens), where experts choose. `keep_N` False: padding, which is not counted."""
    without_N = (routing.seats_NK < 0).all(dim=1)
    keep_N = torch.ones_like(without_N) if keep_N is None else keep_N
    return int((without_N & keep_N).sum()), int(keep_N.sum())


def first_choice(routing: Routing) -> Tensor:
    """(N,) the expert that counts most for each token; -1 for padding."""
    weights_NK = routing.weights_NK.float().masked_fill(routing.seats_NK < 0, -1.0)
    best_N1 = weights_NK.argmax(dim=1, keepdim=True)
    asked_N = (routing.seats_NK >= 0).any(dim=1)
    return (
        routing.experts_NK.gather(1, best_N1).squeeze(1).where(asked_N, torch.full_like(asked_N, -1, dtype=torch.int64))
    )


def taken(routing: Routing) -> tuple[Tensor, Tensor]:
    """(M,) expert and token of every choice that got a seat."""
    token_NK = torch.arange(len(routing.experts_NK), device=routing.experts_NK.device)[:, None]
    kept_NK = routing.kept_NK & (routing.weights_NK > 0)
    return routing.experts_NK[kept_NK], token_NK.expand_as(kept_NK)[kept_NK]


def without_best(logits_NE: Tensor, n: int) -> Tensor:
    """The scores with each token's n best experts out of reach: from the rest, k are chosen as before (DeepSeekMoE,
    arXiv:2401.06066, sec. 4.5). A model whose experts are specialised suffers from small n.

    Raises ValueError where no expert would be left.
    """
    if not 0 <= n < logits_NE.shape[-1]:
        raise ValueError(f"Of {logits_NE.shape[-1]} experts, {n} cannot be disabled.")
    return logits_NE.scatter(-1, logits_NE.topk(n, dim=-1).indices, -torch.inf)


def table(experts_N: Tensor, labels_N: Tensor, experts: int, labels: int) -> np.ndarray:
    """(E, labels) how many tokens of each label have each expert; negative experts or labels are left out."""
    seen_N = (experts_N >= 0) & (labels_N >= 0)
    cells_N = experts_N[seen_N] * labels + labels_N[seen_N]
    return torch.bincount(cells_N, minlength=experts * labels).view(experts, labels).cpu().numpy()


class Information(NamedTuple):
    """How much of what is asked the expert tells."""

    share: float
    """I(expert; label) ÷ H(label), 0 to 1 (the uncertainty coefficient of Theil 1970)."""
    chance: float
    """What independent experts and labels would show by chance: (rows - 1)(columns - 1) ÷ 2N nats (Miller 1955)."""


def information(counts: np.ndarray) -> Information:
    """Of a table of counts (experts, labels)."""
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0].astype(float)
    total = counts.sum()
    if not total or counts.shape[1] < 2:
        return Information(0.0, 0.0)
    joint = counts / total
    by_expert, by_label = joint.sum(1, keepdims=True), joint.sum(0, keepdims=True)
    there = joint > 0
    mutual = float((joint[there] * np.log(joint[there] / (by_expert * by_label)[there])).sum())
    entropy = float(-(by_label * np.log(by_label)).sum())
    free = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return Information(mutual / entropy, min(1.0, free / (2 * total) / entropy))


SHOWN = frozenset("␣↵")  # as vocabularies show space and line end
KINDS = ("vowel", "consonant", "capital", "digit", "space", "other")


def kind_of(token: str) -> int:
    """The class of a token's first character, an index into KINDS."""
    first = token[:1]
    if first.isspace() or first in SHOWN:
        return KINDS.index("space")
    if first.isdigit():
        return KINDS.index("digit")
    if first.isalpha() and first.isascii():
        return KINDS.index("capital" if first.isupper() else "vowel" if first in "aeiou" else "consonant")
    return KINDS.index("other")


class Devices(NamedTuple):
    """Experts spread over D devices in order, tokens by example in order."""

    load_D: np.ndarray
    """Choices that each device computes."""
    crossing: float
    """Share of choices whose expert stands on another device than the token."""
    slowest: float
    """Load of the fullest device ÷ mean: how long all wait for it, relative to even loads."""


def devices(routing: Routing, examples: int, count: int) -> Devices:
    """What would be sent and computed if the experts and the batch stood on `count` devices."""
    tokens, experts = len(routing.experts_NK), len(routing.load_E)
    there_NK = routing.experts_NK // (experts // count)
    example_N = torch.arange(tokens, device=there_NK.device) // (tokens // examples)
    here_N1 = (example_N * count // examples)[:, None]
    kept_NK = routing.kept_NK
    load_D = np.asarray(routing.load_E.cpu()).reshape(count, -1).sum(1)
    crossing = ((there_NK != here_N1) & kept_NK).sum().item() / max(1, int(kept_NK.sum()))
    return Devices(load_D, crossing, float(load_D.max() / (load_D.mean() or 1.0)))


def paths(layers: Sequence[Tensor], experts: int) -> list[np.ndarray]:
    """(E, E) per pair of neighbouring layers: how many tokens go from one's first-choice expert to the other's."""
    return [table(here, after, experts, experts) for here, after in pairwise(layers)]


def frame(names: Sequence[str], layers: Sequence[Routing]) -> pd.DataFrame:
    """One row per layer and expert: asked for, taken, dropped, share asked for (f), mean probability (P)."""
    rows = []
    for name, routing in zip(names, layers, strict=True):
        demand_E, load_E = routing.demand_E.cpu().numpy(), routing.load_E.cpu().numpy()
        mean_E = routing.probs_NE.float().mean(0).cpu().numpy()
        for e, (asked, took) in enumerate(zip(demand_E, load_E, strict=True)):
            rows.append((name, e, asked, took, asked - took, asked / max(1, demand_E.sum()), float(mean_E[e])))
    return pd.DataFrame(rows, columns=["layer", "expert", "asked", "taken", "dropped", "f", "P"])


def even_bits(experts: int) -> float:
    """Entropy of an even load, bits."""
    return math.log2(experts)
