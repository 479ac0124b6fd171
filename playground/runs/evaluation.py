"""A model measured on examples it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from models import Transformer
from models.cost import cost
from models.edits import Edit
from playground.runs.slices import whole
from playground.tasks.base import IGNORE, Batch
from playground.tasks.forward import forward, parts

VALIDATION_SEED = 1_000_003
PIECE = 2e9  # FLOPs of the forward passes between two of which others may compute


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
    return whole(measuring(model, batch, edits))


def measuring(
    model: Transformer,
    batch: Batch,
    edits: Sequence[Edit] = (),
    route: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Generator[None, None, Evaluation]:
    """`measure`, about `PIECE` FLOPs at a time, each inside of a `route`: how products are computed."""
    few = max(1, int(PIECE / (cost(model.config).flops_per_token * batch.ids_BT.shape[1])))
    losses, rights = [], []
    for i, part in enumerate(parts(batch, few)):
        if i:
            yield
        with torch.no_grad(), route():
            logits_BTV = forward(model, part, edits=edits).logits_BTV.float()
            losses.append(F.cross_entropy(logits_BTV.mT, part.targets_BT, ignore_index=IGNORE, reduction="none"))
            rights.append(logits_BTV.argmax(dim=-1) == part.targets_BT)
    each_BT, scored_BT = torch.cat(losses), batch.targets_BT != IGNORE
    right_BT = torch.cat(rights) & scored_BT
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
