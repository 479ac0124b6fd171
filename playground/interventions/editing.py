"""One edit at a place of a model: the loss, the accuracy and every prediction of a batch before and after."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor

from models import Ablate, Patch, Transformer
from models.edits import place
from models.tap import PLACES
from playground.interventions.moved import Moved, moved
from playground.runs import paired
from playground.runs.paired import Change, Scores, scores
from playground.tasks.base import Batch
from playground.tasks.forward import forward, to


class Effect(NamedTuple):
    """What an edit changes."""

    edit: Ablate | Patch
    before: Scores
    """Of the examples that are edited."""
    after: Scores
    moved: Moved
    """The predictions of one of them."""

    @property
    def scored(self) -> int:
        """Tokens that the losses are means over."""
        return int(self.before.scored_B.sum())

    @property
    def change(self) -> Change:
        """Example by example; NaN where no token is scored."""
        return paired.change(self.before, self.after)

    def frame(self) -> pd.DataFrame:
        """See `Moved.frame`."""
        return self.moved.frame()


@torch.no_grad()
def effect(model: Transformer, batch: Batch, edit: Ablate | Patch, example: int = 0) -> Effect:
    """A batch before and after an edit of a place; the predictions of one example. Raises ValueError for an edit that
    leaves its place as it is, and for what the model does not have.
    """
    device, name = next(model.parameters()).device, place(edit)
    if isinstance(edit, Patch):
        edit = edit._replace(at_BT=edit.at_BT.to(device))
    given = to(batch, device)
    before = forward(model, given, record=[name])
    after = forward(model, given, edits=[edit], record=[name])
    if torch.equal(before.places[name], after.places[name]):
        already = f"Nothing would change: what is put at {name} stands there already"
        raise ValueError(f"{already}. Choose another place, position or example.")
    rows_B = edit.at_BT.any(dim=1) if isinstance(edit, Patch) else torch.ones(len(given.ids_BT), dtype=torch.bool)
    was, now = (scores(found.logits_BTV[rows_B], given.targets_BT[rows_B]) for found in (before, after))
    of = moved(before.logits_BTV[example], after.logits_BTV[example], batch.ids_BT[example], batch.targets_BT[example])
    return Effect(edit, was, now, of)


@torch.no_grad()
def only_at(model: Transformer, batch: Batch, edit: Ablate, at_BT: Tensor) -> Patch:
    """An ablation at some examples and positions alone: there the place is given what the ablation puts there."""
    values = _narrowed(_recorded(model, batch, edit, ablated=True), edit)
    return Patch(edit.stack, edit.layer, edit.part, at_BT, head=edit.head, unit=edit.unit, values=values)


@torch.no_grad()
def mean_of(model: Transformer, batch: Batch, edit: Ablate) -> Ablate:
    """The ablation, by the mean over these examples, which are as long as those that it is for."""
    return edit._replace(how="mean", reference=_narrowed(_recorded(model, batch, edit), edit))


def _recorded(model: Transformer, batch: Batch, edit: Ablate, *, ablated: bool = False) -> Tensor:
    name, given = place(edit), to(batch, next(model.parameters()).device)
    return forward(model, given, edits=[edit] if ablated else [], record=[name]).places[name]


def _narrowed(y: Tensor, edit: Ablate) -> Tensor:
    """Its head and its unit alone, as edits take them."""
    if edit.head is not None:
        assert PLACES[edit.part][1] in "HG"
        y = y[:, edit.head]
    return y if edit.unit is None else y[..., edit.unit]
