"""What a run is between two updates, so that it can go on from there again: weights, optimizers, generators."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Checkpoint(NamedTuple):
    """A copy, on the CPU."""

    step: int
    tokens: int
    model: Mapping[str, Tensor]
    optimizers: tuple[Mapping[str, Any], ...]
    data: Tensor
    """State of the generator that draws batches."""
    noise: Tensor | None
    """State of the generator of dropout and routers, where there is one."""

    def size(self) -> int:
        """Bytes of the tensors."""
        return sum(t.numel() * t.element_size() for t in _tensors([self.model, self.optimizers, self.data, self.noise]))


def _tensors(of: Any) -> Iterable[Tensor]:
    if isinstance(of, Tensor):
        yield of
    elif isinstance(of, Mapping):
        for part in of.values():
            yield from _tensors(part)
    elif isinstance(of, (list, tuple)):
        for part in of:
            yield from _tensors(part)


def _copied(of: Any) -> Any:
    """The same mappings and lists over copies of the tensors, on the CPU."""
    if isinstance(of, Tensor):
        return of.detach().to("cpu", copy=True)
    if isinstance(of, Mapping):
        return {name: _copied(part) for name, part in of.items()}
    return [_copied(part) for part in of] if isinstance(of, (list, tuple)) else copy.copy(of)


def take(
    step: int,
    tokens: int,
    model: nn.Module,
    optimizers: Iterable[torch.optim.Optimizer],
    data: torch.Generator,
    noise: torch.Generator | None,
) -> Checkpoint:
    """Copy the state of a run."""
    states = tuple(_copied(optimizer.state_dict()) for optimizer in optimizers)
    drawn = noise.get_state() if noise is not None else None
    return Checkpoint(step, tokens, _copied(model.state_dict()), states, data.get_state(), drawn)


def put_back(
    kept: Checkpoint,
    model: nn.Module,
    optimizers: Iterable[torch.optim.Optimizer],
    data: torch.Generator,
    noise: torch.Generator | None,
) -> None:
    """Write a state into a run of the same shapes, in place: parameters stay the views that the optimizers update."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(kept.model[name])
    for optimizer, state in zip(optimizers, kept.optimizers, strict=True):
        optimizer.load_state_dict(copy.deepcopy(dict(state)))
    data.set_state(kept.data)
    if noise is not None and kept.noise is not None:
        noise.set_state(kept.noise)


@dataclass
class Checkpoints:
    """Those of a run, in the order of their steps: where `budget` bytes are reached every second one goes, but the
    newest. Step 0 needs none, it is the config.
    """

    every: int = 50
    budget: int = 16 * 2**20
    kept: list[Checkpoint] = field(default_factory=list)
    first: Checkpoint | None = None
    """What the run began with, where that was later than step 0 (see `graft`): its config alone does not lead there."""

    def due(self, step: int) -> bool:
        """Whether this step is to be kept."""
        return step % self.every == 0

    def keep(self, checkpoint: Checkpoint) -> None:
        """Add one; a single one that is larger than the budget is not kept."""
        size = checkpoint.size()
        if size > self.budget:
            return
        self.kept.append(checkpoint)
        while size * len(self.kept) > self.budget:
            self.every *= 2
            self.kept = [c for c in self.kept if c.step % self.every == 0]

    def before(self, step: int) -> Checkpoint | None:
        """The last one that is not later than `step`."""
        at = bisect_right([c.step for c in self.kept], step)
        if at:
            return self.kept[at - 1]
        return self.first if self.first is not None and self.first.step <= step else None

    def until(self, step: int) -> Checkpoints:
        """Those of the first `step` updates."""
        return Checkpoints(self.every, self.budget, [c for c in self.kept if c.step <= step], self.first)

    def size(self) -> int:
        """Bytes."""
        return sum(c.size() for c in self.kept) + (self.first.size() if self.first is not None else 0)
