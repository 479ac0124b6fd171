"""A causal check of induction: do the heads that look like induction heads do the work?

A score says where a head looks, not what it is for. So the head with the highest induction score is ablated and, for
control, every other head of its layer: if it does the work alone, accuracy on the repeated part of the text falls
without it and not without another (Olsson et al. 2022, arXiv:2209.11895, argument 3). Where several heads do the same,
one can be missed; so they are also ablated all together, and for control all heads that take no part.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
import torch

from models import Ablate
from models.edits import How
from playground.measures.head_roles import NAMED_FROM, Heads, heads
from playground.runs.paired import Change, Scores, change, scores
from playground.runs.probe import maps
from playground.runs.run import Run
from playground.runs.slices import whole
from playground.tasks.forward import forward, to

COSTS = 0.05  # of accuracy: what is less is no cost
SURE = 2.0  # standard errors that it must exceed as well
FEEDS = "previous token"  # the role of the heads that induction heads read
Group = Literal["head", "control", "induction heads", "previous-token heads", "other heads"]
GROUPS: tuple[Group, ...] = get_args(Group)


class Without(NamedTuple):
    """The repeated part without some heads."""

    group: Group
    """"head": the highest induction score; "control": one other head of its layer; the rest are ablated together."""
    heads: tuple[str, ...]
    """L1 H2 and so on."""
    score: float
    """Their highest induction score."""
    zero: Change
    mean: Change

    @property
    def lost(self) -> float:
        """Accuracy that is lost whether the heads are replaced by zero or by their mean."""
        return min(-self.zero.accuracy, -self.mean.accuracy)

    @property
    def costs(self) -> bool:
        """Whether that is at least `COSTS`, and beyond the noise."""
        error = max(self.zero.accuracy_error, self.mean.accuracy_error)
        return self.lost > max(COSTS, SURE * error)


class InductionCheck(NamedTuple):
    """What was ablated, and what it cost on `examples` held-out examples, per scored token of the repeated part."""

    step: int
    examples: int
    loss: float
    """Of the whole model, nats."""
    accuracy: float
    chance: float
    rows: tuple[Without, ...]
    """The head first, then its controls, then the groups. Empty: no head has an induction score of `NAMED_FROM`."""

    def of(self, group: Group) -> tuple[Without, ...]:
        return tuple(row for row in self.rows if row.group == group)

    def frame(self) -> pd.DataFrame:
        """One row per ablation: group, heads, score, and loss and accuracy with their errors for zero and mean."""
        rows = [(r.group, ", ".join(r.heads), r.score, *r.zero, *r.mean) for r in self.rows]
        columns = [f"{how}_{field}" for how in ("zero", "mean") for field in Change._fields]
        return pd.DataFrame(rows, columns=["group", "heads", "score", *columns])


def induction_check(run: Run) -> InductionCheck:
    """Check a run of the induction task as its model is now. Raises ValueError for another task or topology: only here
    is it known which tokens repeat, and that attention within one stack has to find them.
    """
    return whole(checking(run))


@torch.no_grad()
def checking(run: Run) -> Generator[float, None, InductionCheck]:
    """The same, one group of heads at a time: yields the share done. The model must not change meanwhile."""
    if run.config.task.kind != "induction" or run.topology != "decoder-only":
        raise ValueError(
            "The check needs a decoder-only model and the induction task, where it is known which tokens repeat; this "
            f"is {run.topology} on {run.config.task.kind}. Choose the preset Induction."
        )
    seen = maps(forward(run.model, to(run.probe.batch, run.place.device), record=True)).get("decoder", [])
    with run.precision.route():
        before = scores(forward(run.model, run.held_out).logits_BTV, run.held_out.targets_BT)
    rows: tuple[Without, ...] = ()
    if seen:
        rows = yield from _rows(run, before, heads(seen, run.probe.cells["decoder"]))
    return InductionCheck(run.step, len(run.held_out.ids_BT), *before.mean(), run.task.chance, rows)


def _rows(run: Run, before: Scores, found: Heads) -> Generator[float, None, tuple[Without, ...]]:
    looks_LH, feeds_LH = (found.scores[..., found.roles.index(role)] for role in ("induction", FEEDS))
    layer, head = (int(i) for i in np.unravel_index(looks_LH.argmax(), looks_LH.shape))
    if looks_LH[layer, head] < NAMED_FROM:
        return ()
    groups: list[tuple[Group, list[tuple[int, int]]]] = [("head", [(layer, head)])]
    for h in range(looks_LH.shape[1]):
        if h != head:
            groups.append(("control", [(layer, h)]))
    inducts, feeds = looks_LH >= NAMED_FROM, (feeds_LH >= NAMED_FROM) & (looks_LH < NAMED_FROM)
    masks = {"induction heads": inducts, "previous-token heads": feeds, "other heads": ~inducts & ~feeds}
    for group in GROUPS:
        if group in masks and masks[group].any():
            groups.append((group, [(int(at), int(h)) for at, h in np.argwhere(masks[group])]))
    rows = []
    for name, places in groups:
        changes = []
        for how in get_args(How):
            edits = [Ablate("decoder", at, head=h, how=how) for at, h in places]
            with run.precision.route():
                logits_BTV = forward(run.model, run.held_out, edits=edits).logits_BTV
            changes.append(change(before, scores(logits_BTV, run.held_out.targets_BT)))
        named, score = tuple(f"L{at} H{h}" for at, h in places), max(float(looks_LH[p]) for p in places)
        rows.append(Without(name, named, score, *changes))
        yield len(rows) / len(groups)
    return tuple(rows)
