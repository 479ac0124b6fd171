"""Another model in the middle of a run: it takes over every tensor that it has, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from pydantic import ValidationError

from models.config import extra, problems, walk
from playground.runs.config import RunConfig
from playground.runs.history import Mark
from playground.runs.idle import effective
from playground.settings.dotted import change, flat, kinds, leaf, ordered
from playground.wording import said

if TYPE_CHECKING:
    from playground.runs.run import Run


def graft(run: Run, changes: Mapping[str, Any]) -> Run:
    """The run with settings changed that build another model, {dotted path: value}, at the step where it is.

    Tensors of the same name and shape are those of the run, others begin anew; so does the optimizer, unless all are
    the same. Batches go on from where they are if the task is the same. Raises ValueError for values that do not fit.
    """
    before = run.now.model_dump(exclude={"model": {"vocab", "context"}})
    after = before
    for path, value in ordered(changes):
        after = change(RunConfig, after, path, value, kinds(RunConfig))
    try:
        config = effective(after)
    except ValidationError as error:
        raise ValueError(next(iter(problems(error, RunConfig).values()))) from error
    new = type(run)(config, measured="never")
    kept, all_of_them = _take_over(new, run)
    same_data = config.task == run.config.task and config.model.topology == run.config.model.topology
    if same_data:
        new.data.set_state(run.data.get_state())
    same_optimizer = all_of_them and config.training.optimizer == run.config.training.optimizer
    if same_optimizer:
        for mine, its in zip(new.optimizers, run.optimizers, strict=True):
            mine.load_state_dict(its.state_dict())
    new.step, new.tokens, new.parent = run.step, run.tokens, run.parent
    new.history, new.checkpoints.kept = run.history.until(run.step), []
    new.checkpoints.first = new.state()  # no update of this run led there: it could not be computed again
    new.history.marks.append(Mark(run.step, told(run, before, after, changes)))
    optimizer = "" if same_optimizer else "The optimizer begins anew."
    batches = "" if same_data else "Batches begin anew."
    new.sentence = " ".join(filter(None, (new.sentence, kept, optimizer, batches)))
    return new


def _take_over(new: Run, old: Run) -> tuple[str, bool]:
    """Copy what fits; a sentence about it, and whether it was everything."""
    theirs, mine = old.model.state_dict(), new.model.state_dict()
    fits = [name for name, tensor in mine.items() if name in theirs and theirs[name].shape == tensor.shape]
    with torch.no_grad():
        for name in fits:
            mine[name].copy_(theirs[name])
    anew = [name for name in mine if name not in fits]
    if not anew:
        return "All parameters are those of the run.", len(mine) == len(theirs)
    return f"{len(fits)} of {len(mine)} tensors are those of the run, {len(anew)} begin anew ({anew[0]} ...).", False


def told(run: Run, before: Mapping[str, Any], after: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """ "position learned → RoPE"."""
    labels = {path: extra(field).get("label", "") for path, field, _ in walk(run.now)}
    parts = []
    for path in changes:
        name = labels.get(path) or path.removesuffix(".kind").rpartition(".")[2].replace("_", "-")
        parts.append(f"{name.lower()} {said(leaf(before, path))} → {said(flat(after).get(path))}")
    return "; ".join(parts)
