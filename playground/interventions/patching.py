"""Activation patching between two prompts: which activations of the clean run bring its answer back.

The model reads a corrupted prompt, with one activation taken from its run on the clean one (Meng et al. 2022,
arXiv:2202.05262, sec. 2.1: causal tracing; Wang et al. 2022, arXiv:2211.00593). Recovered is the share of the logit
difference between the two answers: (patched - corrupted) / (clean - corrupted), 0 where the activation does nothing, 1
where it does everything (Heimersheim and Nanda 2024, arXiv:2404.15255, sec. 3). It may lie outside 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import torch

from models import Transformer
from models.edits import StackName
from playground.interventions.places import Place, places
from playground.interventions.prompts import Answer, compared
from playground.tasks.base import Batch

By = Literal["position", "head"]


class Patching(NamedTuple):
    """Recovered shares of the logit difference. Every cell is one forward pass with one activation patched."""

    stack: StackName
    part: str
    """Name of the place, as in `tap.PLACES`."""
    head: int | None
    """Of a place with heads, if one alone was patched."""
    by: By
    recovered_LX: np.ndarray
    """(L, T) by position, or (L, H) by head, then at all positions at once; NaN where it is not known yet."""
    clean: float
    """Logit difference on the clean prompt."""
    corrupted: float
    answer: Answer
    clean_ids: tuple[int, ...]
    """Tokens at the positions of the place."""
    corrupted_ids: tuple[int, ...]
    layers: tuple[int | None, ...]
    """Of each row; None: of a place without layers."""
    unit: int | None = None
    """Of the last axis, if one number alone was patched."""

    def frame(self) -> pd.DataFrame:
        """One row per cell that is known: layer, position or head, recovered, and the patched logit difference."""
        rows = [
            (self.layers[row], x, share, self.corrupted + share * (self.clean - self.corrupted))
            for (row, x), share in np.ndenumerate(self.recovered_LX)
            if not np.isnan(share)
        ]
        found = pd.DataFrame(rows, columns=["layer", self.by, "recovered", "logit_difference"])
        return found.astype({"layer": "Int64"})


def by_position(
    model: Transformer,
    clean: Batch,
    corrupted: Batch,
    answer: Answer,
    part: str = "residual.after",
    *,
    head: int | None = None,
    unit: int | None = None,
    stack: StackName | None = None,
) -> Patching:
    """Patch a place of each layer at one position after another: (L, T). `stack`: by default the one that reads the
    prompt. Raises ValueError for prompts that cannot be compared, and for places that are not there.
    """
    *_, found = patching(model, clean, corrupted, answer, part, by="position", head=head, unit=unit, stack=stack)
    return found


def by_head(
    model: Transformer,
    clean: Batch,
    corrupted: Batch,
    answer: Answer,
    part: str = "attention.z",
    *,
    unit: int | None = None,
    stack: StackName | None = None,
) -> Patching:
    """Patch a place of one head after another, at all positions at once: (L, H). Raises as `by_position` does."""
    *_, found = patching(model, clean, corrupted, answer, part, by="head", unit=unit, stack=stack)
    return found


def patching(
    model: Transformer,
    clean: Batch,
    corrupted: Batch,
    answer: Answer,
    part: str,
    *,
    by: By,
    head: int | None = None,
    unit: int | None = None,
    stack: StackName | None = None,
    route: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Iterator[Patching]:
    """`by_position` or `by_head`, with what is known after each layer. `route` is entered around what multiplies
    (`Precision.route`).
    """
    with route():
        pair = compared(model, clean, corrupted, answer, stack)
    place = _place(model, pair.stack, part, by)
    clean_ids, corrupted_ids = pair.ids(place)
    layers, every = place.layers or (None,), range(place.heads) if by == "head" else range(len(clean_ids))
    at_TT, low, high = torch.eye(len(clean_ids)).bool(), pair.corrupted_difference, pair.clean_difference
    shares_LX = np.full((len(layers), len(every)), np.nan)
    for row, layer in enumerate(layers):
        with route():
            if by == "position":
                found_X = pair.patched(at_TT, part, layer, head, unit)
            else:
                found_X = torch.cat([pair.patched(at_TT.any(0, keepdim=True), part, layer, h, unit) for h in every])
        shares_LX[row] = (found_X.cpu().numpy() - low) / (high - low)
        known = shares_LX.copy(), high, low, answer, clean_ids, corrupted_ids, layers, unit
        yield Patching(pair.stack, part, head, by, *known)


def _place(model: Transformer, stack: StackName, part: str, by: By) -> Place:
    """Raises ValueError for one that is not there."""
    there = places(model)[stack]
    if by == "head" and not model.config.attention.query_heads():
        raise ValueError("This model has no attention heads to patch. Patch its feed-forward parts or its layers.")
    if part not in there:
        raise ValueError(f"The {stack} of this model has no place {part!r}. It has: {', '.join(there)}.")
    if by == "head" and not there[part].heads:
        raise ValueError(f"{part} has no heads. Patch it by position.")
    return there[part]
