"""Two forward passes over the same examples, compared example by example."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from playground.tasks.base import IGNORE


class Scores(NamedTuple):
    """Sums over the scored tokens of each example, float64 on the CPU."""

    loss_B: Tensor
    """Nats."""
    right_B: Tensor
    """Tokens whose likeliest prediction is right."""
    scored_B: Tensor

    def mean(self) -> tuple[float, float]:
        """(loss in nats, accuracy) per scored token. Raises ValueError where none is scored."""
        scored = self.scored_B.sum().item()
        if not scored:
            raise ValueError("No token of these examples has a known answer, so nothing can be scored. Take others.")
        return self.loss_B.sum().item() / scored, self.right_B.sum().item() / scored


class Change(NamedTuple):
    """What the second pass differs in, per scored token, each with its standard error over the examples."""

    loss: float
    """Nats; above 0: worse than before."""
    loss_error: float
    accuracy: float
    """Share of scored tokens, -1 to 1; below 0: worse than before."""
    accuracy_error: float


def scores(logits_BTV: Tensor, targets_BT: Tensor) -> Scores:
    """The sums of a batch."""
    scored_BT = targets_BT != IGNORE
    each_BT = F.cross_entropy(logits_BTV.float().mT, targets_BT, ignore_index=IGNORE, reduction="none")
    right_BT = (logits_BTV.argmax(dim=-1) == targets_BT) & scored_BT
    return Scores(*(x_BT.double().sum(dim=1).cpu() for x_BT in (each_BT, right_BT, scored_BT)))


def joined(pieces: Iterable[Scores]) -> Scores:
    """The scores of a batch from those of its pieces."""
    return Scores(*map(torch.cat, zip(*pieces, strict=True)))


def change(before: Scores, after: Scores) -> Change:
    """The paired difference: each example is its own control, so that how hard it is cancels."""
    loss = ratio(after.loss_B - before.loss_B, before.scored_B)
    return Change(*loss, *ratio(after.right_B - before.right_B, before.scored_B))


def ratio(sums_B: Tensor, counts_B: Tensor) -> tuple[float, float]:
    """Sum over count and its standard error, of examples drawn at random (Cochran 1977, Sampling Techniques, eq. 6.13):
    r = sum x / sum n, error = sqrt(sum (x - r n)^2 / (B - 1) / B) / mean n. NaN for a single example.
    """
    r = sums_B.sum() / counts_B.sum()
    if len(sums_B) < 2:
        return r.item(), math.nan
    apart_B = sums_B - r * counts_B
    return r.item(), (
        torch.linalg.vector_norm(apart_B) / math.sqrt(len(sums_B) - 1) / math.sqrt(len(sums_B)) / counts_B.mean()
    ).item()
