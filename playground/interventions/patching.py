"""Activation patching between two prompts: which activations of the clean run bring its answer back.

The model reads a corrupted prompt, with one activation taken from its run on the clean one (Meng et al. 2022,
arXiv:2202.05262, sec. 2.1: causal tracing; Wang et al. 2022, arXiv:2211.00593). Recovered is the share of the logit
difference between the two answers: (patched - corrupted) / (clean - corrupted), 0 where the activation does nothing, 1
where it does everything (Heimersheim and Nanda 2024, arXiv:2404.15255, sec. 3). It may lie outside 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from models import Transformer
from models.edits import Part, StackName
from playground.interventions.prompts import Answer, Pair, compared
from playground.runs.slices import whole
from playground.tasks.base import Batch

By = Literal["position", "head"]


class Patching(NamedTuple):
    """Recovered shares of the logit difference. Every cell is one forward pass with one activation patched."""

    stack: StackName
    part: Part
    """"layer" is the stream after a layer."""
    head: int | None
    """Of an attention part, if one head alone was patched."""
    by: By
    recovered_LX: np.ndarray
    """(L, T) by position of the stack's tokens, or (L, H) by head, then at all positions at once."""
    clean: float
    """Logit difference on the clean prompt."""
    corrupted: float
    answer: Answer
    clean_ids: tuple[int, ...]
    """Tokens that the stack reads."""
    corrupted_ids: tuple[int, ...]

    def frame(self) -> pd.DataFrame:
        """One row per cell: layer, position or head, recovered, and the patched logit difference."""
        rows = [
            (layer, x, share, self.corrupted + share * (self.clean - self.corrupted))
            for (layer, x), share in np.ndenumerate(self.recovered_LX)
        ]
        return pd.DataFrame(rows, columns=["layer", self.by, "recovered", "logit_difference"])


def by_position(
    model: Transformer,
    clean: Batch,
    corrupted: Batch,
    answer: Answer,
    part: Part = "layer",
    *,
    head: int | None = None,
    stack: StackName | None = None,
) -> Patching:
    """Patch a part of each layer at one position after another: (L, T). `stack`: by default the one that reads the
    prompt. Raises ValueError for prompts that cannot be compared, and for parts that are not there.
    """
    return whole(patching(model, clean, corrupted, answer, part, by="position", head=head, stack=stack))


def by_head(
    model: Transformer,
    clean: Batch,
    corrupted: Batch,
    answer: Answer,
    part: Part = "self_attention",
    *,
    stack: StackName | None = None,
) -> Patching:
    """Patch what one head after another mixes, at all positions at once: (L, H). Raises as `by_position` does."""
    return whole(patching(model, clean, corrupted, answer, part, by="head", stack=stack))


def patching(
    model: Transformer,
    clean: Batch,
    corrupted: Batch,
    answer: Answer,
    part: Part,
    *,
    by: By,
    head: int | None = None,
    stack: StackName | None = None,
    route: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Generator[float, None, Patching]:
    """`by_position` or `by_head`, one layer at a time: yields the share done. `route` is entered around what multiplies
    (`Precision.route`).
    """
    with route():
        pair, heads = compared(model, clean, corrupted, answer, stack), range(model.config.attention.query_heads())
    if by == "head" and not heads:
        raise ValueError("This model has no attention heads to patch. Patch its feed-forward parts or its layers.")
    at_TT = torch.eye(pair.length, dtype=torch.bool)
    found = []
    for layer in range(pair.depth):
        with route():
            if by == "position":
                found.append(pair.patched(at_TT, part, layer, head))
            else:
                found.append(torch.cat([pair.patched(at_TT.any(0, keepdim=True), part, layer, h) for h in heads]))
        yield (layer + 1) / pair.depth
    return _result(pair, found, part, head, by)


def _result(pair: Pair, found: list[Tensor], part: Part, head: int | None, by: By) -> Patching:
    low, high = pair.corrupted_difference, pair.clean_difference
    shares_LX = (torch.stack(found).cpu().numpy() - low) / (high - low)
    return Patching(pair.stack, part, head, by, shares_LX, high, low, pair.answer, *pair.ids())
