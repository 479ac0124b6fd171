"""What one example of a task costs a model. A token is no measure across topologies: an encoder-decoder reads the
source with one stack and the answer with the other, where the others read both as one sequence.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import torch

from models.architecture import Topology
from models.cost import Cost
from playground.runs.run import RunConfig
from playground.tasks import TaskConfig


@lru_cache(maxsize=64)
def _lengths(task: TaskConfig, topology: Topology) -> dict[str, int]:
    batch = task.build().batch(1, torch.Generator().manual_seed(0), topology)
    own = "encoder" if topology == "encoder-only" else "decoder"
    source = {} if batch.source_BS is None else {"encoder": batch.source_BS.shape[1]}
    return {own: batch.ids_BT.shape[1], **source}


def lengths(config: RunConfig) -> Mapping[str, int]:
    """Stack -> how many tokens of one example of the task it reads."""
    return _lengths(config.task, config.model.topology)  # pyright: ignore[reportArgumentType]  # frozen: has a hash


def flops_per_example(cost: Cost, tokens: Mapping[str, int]) -> int:
    """FLOPs of the forward pass of one example, whose stacks read so many tokens."""
    return sum(count * cost.flops_by_stack[stack] for stack, count in tokens.items())
