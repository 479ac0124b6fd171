"""A model measured on examples it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F

from models import Transformer
from models.edits import Edit
from playground.tasks.base import IGNORE, Batch
from playground.tasks.forward import forward

VALIDATION_SEED = 1_000_003


class Evaluation(NamedTuple):
    """Measured on held-out examples."""

    loss: float
    """Nats per scored token."""
    accuracy: float
    """Share of scored tokens whose likeliest prediction is right."""
    exact: float
    """Share of examples with every scored token right."""
    error: float
    """Standard error of `loss` over the examples."""
    examples: int


def measure(model: Transformer, batch: Batch, edits: Sequence[Edit] = ()) -> Evaluation:
    """Evaluate a model on a batch."""
    logits_BTV = forward(model, batch, edits=edits).logits_BTV.float()
    targets_BT = batch.targets_BT
    scored_BT = targets_BT != IGNORE
    each_BT = F.cross_entropy(logits_BTV.mT, targets_BT, ignore_index=IGNORE, reduction="none")
    right_BT = (logits_BTV.argmax(dim=-1) == targets_BT) & scored_BT
    per_example_B = each_BT.sum(dim=1) / scored_BT.sum(dim=1).clamp(min=1)
    return Evaluation(
        loss=(each_BT.sum() / scored_BT.sum()).item(),
        accuracy=(right_BT.sum() / scored_BT.sum()).item(),
        exact=(right_BT == scored_BT).all(dim=1).float().mean().item(),
        error=(per_example_B.std() / math.sqrt(len(per_example_B))).item(),
        examples=len(per_example_B),
    )


def share_right(logits_BTV: Tensor, targets_BT: Tensor) -> float:
    scored_BT = targets_BT != IGNORE
    return ((logits_BTV.argmax(dim=-1) == targets_BT) & scored_BT).sum().item() / max(1, int(scored_BT.sum()))
