"""The experiments of the lens, in the order of its buttons, and what a session has chosen in them."""

from __future__ import annotations

from typing import Any

from playground.lenses.intervene.check import CHECK
from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.intervene.costs import COSTS
from playground.lenses.intervene.edited import PLACE
from playground.lenses.intervene.logit_lens import LENS
from playground.lenses.intervene.patch import PATCH
from playground.lenses.intervene.rolling import ROLLOUT
from playground.lenses.intervene.swapped import SWAP
from playground.lenses.intervene.trial import Field, Subject, Trial
from playground.runs.run import Run
from playground.visitors.session import Session

TRIALS = {trial.id: trial for trial in (COSTS, PATCH, PLACE, LENS, ROLLOUT, SWAP, CHECK)}


def offered(run: Run) -> list[Trial]:
    return [trial for trial in TRIALS.values() if not trial.refused(run)]


def chosen(session: Session) -> Trial:
    """The experiment in sight: the first where the chosen one is not offered for this run."""
    there = {trial.id: trial for trial in offered(session.start())}
    return there.get(session.of(InterveneChoices).trial, COSTS)


def inputs(session: Session, trial: Trial, subject: Subject) -> list[Field]:
    """Its inputs, with what is chosen."""
    mine = {name: value for (of, name), value in session.of(InterveneChoices).chosen.items() if of == trial.id}
    return trial.fields(subject, mine)


def settings(fields: list[Field]) -> dict[str, Any]:
    return {field.name: field.value for field in fields}
