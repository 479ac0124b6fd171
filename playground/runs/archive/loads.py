"""The loads of a run's experts as tensors of its file: of every update that is kept, what was asked for and taken. How
much the chosen experts tell of their tokens is not kept; that curve begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from models.mixture import MoE
from playground.runs.loads import BUDGET, LOSSES, OVERHEAD, Load, Loads, Update
from playground.runs.run import RunConfig

STEPS = "loads.steps"
"""(updates,) int64."""
LARGEST = 2**31  # choices of one expert in one update


class WrittenLoads(BaseModel):
    """What the header says of them."""

    model_config = ConfigDict(extra="forbid")
    names: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=512)]
    stride: Annotated[int, Field(ge=1, le=2**20)]
    updates: Annotated[int, Field(ge=1, le=1_000_000)]
    losses: bool
    """Whether the router learns something: then each layer has its losses."""


def tensors(loads: Loads) -> dict[str, Tensor]:
    """By name: `STEPS`, and for each layer (updates, 2, experts) int64 and (updates, losses) float64."""
    if not loads.updates:
        return {}
    found = {STEPS: torch.tensor([u.step for u in loads.updates])}
    for i in range(len(loads.names)):
        layers = [u.layers[i] for u in loads.updates]
        found[f"loads.{i}"] = torch.from_numpy(np.array([[one.demand_E, one.load_E] for one in layers], dtype=np.int64))
        if layers[0].losses:
            found[f"loads.{i}.losses"] = torch.tensor([one.losses for one in layers], dtype=torch.float64)
    return found


def written(loads: Loads) -> dict[str, Any] | None:
    """See `WrittenLoads`; None where there is nothing."""
    if not loads.updates:
        return None
    losses = bool(loads.updates[0].layers[0].losses)
    return {"names": list(loads.names), "stride": loads.stride, "updates": len(loads.updates), "losses": losses}


def shapes(said: WrittenLoads, config: RunConfig) -> Iterator[tuple[str, torch.dtype, list[int]]]:
    """(name, dtype, shape) of each tensor that a file has to have. Raises ValueError for loads that no run keeps."""
    mixture = config.model.feed_forward
    if not isinstance(mixture, MoE):
        raise ValueError("This run file has loads of experts, and its model has none.")
    experts = mixture.room(1).experts
    if said.updates * len(said.names) * (OVERHEAD + 8 * experts) > 2 * BUDGET:
        raise ValueError("This run file holds more loads than a run keeps.")
    yield STEPS, torch.int64, [said.updates]
    for i in range(len(said.names)):
        yield f"loads.{i}", torch.int64, [said.updates, 2, experts]
        if said.losses:
            yield f"loads.{i}.losses", torch.float64, [said.updates, len(LOSSES)]


def restored(said: WrittenLoads, found: Mapping[str, Tensor], until: int) -> Loads:
    """The loads of a file, whose last update is `until`. Raises ValueError for numbers that no run has."""
    steps, layers = found[STEPS].tolist(), range(len(said.names))
    counts = [found[f"loads.{i}"].numpy() for i in layers]
    losses = [found[f"loads.{i}.losses"] for i in layers] if said.losses else []
    rising = all(a < b for a, b in zip([0, *steps], steps, strict=False)) and steps[-1] <= until
    sound = all(((c >= 0) & (c < LARGEST)).all() and (c[:, 1] <= c[:, 0]).all() for c in counts)
    if not (rising and sound and all(bool(each.isfinite().all()) for each in losses)):
        raise ValueError("This run file is damaged: its loads are not those of its updates.")
    listed = [each.tolist() for each in losses]
    updates = []
    for n, step in enumerate(steps):
        numbers = (counts[i][n].astype(np.uint32) for i in layers)
        each = (tuple(listed[i][n]) if listed else () for i in layers)
        updates.append(Update(step, tuple(Load(c[0], c[1], told) for c, told in zip(numbers, each, strict=True))))
    return Loads(tuple(said.names), updates, said.stride)
