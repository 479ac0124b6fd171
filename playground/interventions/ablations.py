"""What removing each part of a model costs on the same examples: ablation, one part after another.

A part's cost is the change of loss and accuracy without it, paired example by example. Zero ablation takes a model to
where it has never been; mean ablation keeps what a part does for every example alike (Wang et al. 2022,
arXiv:2211.00593, sec. 2.1; Heimersheim and Nanda 2024, arXiv:2404.15255, sec. 4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from models import Ablate, Output, Resume, Transformer
from models.edits import Edit, How
from playground.interventions.parts import KINDS, STACKS, Kind, coupled, kind, name, parts
from playground.runs.paired import Change, Scores, change, joined, scores
from playground.tasks.base import Batch
from playground.tasks.forward import forward, to

TOKENS = 4096  # of one pass: the streams of more fit no cache, and take up to half as long again each


class Costs(NamedTuple):
    """What is known so far."""

    how: How
    examples: int
    loss: float
    """Of the whole model, nats per scored token."""
    accuracy: float
    planned: tuple[Ablate, ...]
    """Every ablation, in the order in which they are measured."""
    changes: tuple[Change, ...] = ()
    """Of the first of them."""

    @property
    def both(self) -> bool:
        """Whether two stacks are meant, so that they have to be named."""
        return len({e.stack for e in self.planned}) > 1

    @property
    def done(self) -> tuple[tuple[Ablate, Change], ...]:
        return tuple(zip(self.planned, self.changes, strict=False))

    def map(self, which: Kind, stack: str, field: str = "loss") -> np.ndarray:
        """(layers, heads), (layers, experts) or (layers, 1) of one field of `Change`; NaN where there is no such part,
        or not yet. The position scheme has one number: (1, 1).
        """
        mine = [e for e in self.planned if kind(e) == which and e.stack == stack]
        cells = {e: getattr(c, field) for e, c in self.done}
        found = np.full(
            (1 + max((e.layer or 0 for e in mine), default=-1), max((1 + _unit(e) for e in mine), default=0)), np.nan
        )
        for e in mine:
            found[e.layer or 0, _unit(e)] = cells.get(e, np.nan)
        return found

    def maps(self) -> Iterator[tuple[Kind, str, np.ndarray, np.ndarray]]:
        """(kind, stack, loss, its error) of every kind of part there is."""
        there = {(kind(e), e.stack) for e in self.planned}
        for which, stack in product(KINDS, STACKS):
            if (which, stack) in there:
                yield which, stack, self.map(which, stack), self.map(which, stack, "loss_error")

    def frame(self) -> pd.DataFrame:
        """One row per part measured: part, kind, stack, layer, how, loss, loss_error, accuracy, accuracy_error (the
        changes, see `Change`), examples.
        """
        rows = [(name(e, both=self.both), kind(e), e.stack, e.layer, e.how, *c, self.examples) for e, c in self.done]
        columns = ["part", "kind", "stack", "layer", "how", *Change._fields, "examples"]
        return pd.DataFrame(rows, columns=columns).astype({"layer": "Int64"})


def _unit(e: Ablate) -> int:
    return next((i for i in (e.head, e.expert) if i is not None), 0)


def costs(
    model: Transformer,
    batch: Batch,
    kinds: Sequence[Kind] | None = None,
    how: How = "zero",
    *,
    cancelled: Callable[[], bool] = lambda: False,
    route: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Iterator[Costs]:
    """Ablate one part after another; yields once before the first and after each.

    The model must not change meanwhile: give a copy of one in training. Each part is measured from the residual stream
    before its layer, which it leaves as it is: the same numbers as from the start, in less time. It stops where
    `cancelled()` is true; `route` is entered around what multiplies (`Precision.route`). Raises ValueError for kinds
    that the model does not have.
    """
    yield from (now for now in costing(model, batch, kinds, how, cancelled=cancelled, route=route) if now is not None)


@torch.no_grad()
def costing(
    model: Transformer,
    batch: Batch,
    kinds: Sequence[Kind] | None = None,
    how: How = "zero",
    *,
    cancelled: Callable[[], bool] = lambda: False,
    route: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Iterator[Costs | None]:
    """`costs` in slices: yields None after some of the examples, too."""
    batch = to(batch, next(model.parameters()).device)
    pieces = (batch,) if how == "mean" or coupled(model.config) else pieced(batch)
    known = []
    for piece in pieces:
        with route():
            known.append(forward(model, piece, record="stream"))
        yield None
    before = joined(scores(k.logits_BTV, piece.targets_BT) for k, piece in zip(known, pieces, strict=True))
    now = Costs(how, len(batch.ids_BT), *before.mean(), parts(model.config, kinds, how))
    yield now
    for edit in now.planned:
        found = []
        for piece, k in zip(pieces, known, strict=True):
            if cancelled():
                return
            with route():
                found.append(without(model, piece, k, edit))
            if len(found) < len(pieces):
                yield None
        now = now._replace(changes=(*now.changes, change(before, joined(found))))
        yield now


def pieced(batch: Batch) -> tuple[Batch, ...]:
    """The batch, some examples at a time."""
    size = max(1, TOKENS // batch.ids_BT.shape[1])
    cut = {field: t.split(size) for field, t in batch._asdict().items() if t is not None}
    return tuple(Batch(**dict(zip(cut, tensors, strict=True))) for tensors in zip(*cut.values(), strict=True))


def without(model: Transformer, batch: Batch, known: Output, edit: Ablate) -> Scores:
    """The scores of a batch without one part. `known`: what its streams are with it."""
    edits: list[Edit] = [*resumes(known, edit), edit]
    return scores(forward(model, batch, edits=edits).logits_BTV, batch.targets_BT)


def resumes(known: Output, edit: Ablate) -> Iterator[Resume]:
    """Where the stacks may begin, because all before is as it was."""
    if edit.stack == "decoder" and known.encoder:
        yield last(known, "encoder")
    if edit.layer:
        stream_BTD = getattr(known, edit.stack)[edit.layer - 1].stream_BTD
        yield Resume(edit.stack, edit.layer, stream_BTD)


def last(known: Output, stack: str) -> Resume:
    """Behind the last layer of a recorded stack."""
    layers = known.encoder if stack == "encoder" else known.decoder
    stream_BTD = layers[-1].stream_BTD
    assert stream_BTD is not None
    return Resume("encoder" if stack == "encoder" else "decoder", len(layers), stream_BTD)
