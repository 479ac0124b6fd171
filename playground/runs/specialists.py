"""What the experts' tokens are: their task, position and kind, and how much of it the first-choice expert tells."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from playground.measures.routing import KINDS, Information, first_choice, information, kind_of, table
from playground.runs.loads import Routed
from playground.tasks.base import Task


class Labels(NamedTuple):
    """One way to name the tokens of a batch."""

    names: tuple[str, ...]
    of_N: Tensor


def labels(task: Task, seen: Routed, layer: int) -> dict[str, Labels]:
    """ "task" where there are tags, "position", and "kind of token", of the tokens that a layer reads."""
    batch, ids_BT = seen.batch, seen.ids(layer)
    length = ids_BT.shape[1]
    found = {}
    if batch.tags_BT is not None:
        found["task"] = Labels(task.tags, batch.tags_BT[:, :1].expand_as(ids_BT).flatten())
    at_BT = torch.arange(length, device=ids_BT.device).expand_as(ids_BT)
    found["position"] = Labels(tuple(str(i) for i in range(length)), at_BT.flatten())
    kinds_V = torch.tensor([kind_of(token) for token in task.vocabulary], device=ids_BT.device)
    found["kind of token"] = Labels(KINDS, kinds_V[ids_BT].flatten())
    return found


def informed(task: Task, seen: Routed) -> tuple[dict[str, Information], ...]:
    """Per layer and way to name tokens, how much of the name the first-choice expert tells."""
    found = []
    for i, routing in enumerate(seen.layers):
        experts_N, count = first_choice(routing), len(routing.load_E)
        each = labels(task, seen, i)
        found.append({n: information(table(experts_N, of_N, count, len(names))) for n, (names, of_N) in each.items()})
    return tuple(found)
