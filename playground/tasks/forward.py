"""A batch of a task through a model of any topology."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from models import Output, Transformer
from models.edits import Edit
from models.records import Recording
from playground.tasks.base import Batch


def forward(
    model: Transformer,
    batch: Batch,
    *,
    edits: Sequence[Edit] = (),
    generator: torch.Generator | None = None,
    record: Recording = False,
) -> Output:
    """Run a batch of a task through a model of any topology."""
    return model(
        batch.ids_BT,
        source_BS=batch.source_BS,
        keep_BS=batch.keep_BS,
        prefix_B=batch.prefix_B if model.config.prefix else None,
        edits=edits,
        generator=generator,
        record=record,
    )


def parts(batch: Batch, few: int) -> Iterator[Batch]:
    """The batch, so many examples at a time."""
    for i in range(0, len(batch.ids_BT), few):
        yield batch._replace(**{name: t[i : i + few] for name, t in batch._asdict().items() if t is not None})


def to(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    if device.type == "cpu":
        return batch
    return batch._replace(**{name: t.to(device) for name, t in batch._asdict().items() if t is not None})
