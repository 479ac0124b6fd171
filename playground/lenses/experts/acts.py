"""Presses inside the Experts lens: what is seen, doing without an expert, all tokens to one, the worth of each."""

from __future__ import annotations

import time
from collections.abc import Generator

import numpy as np

from models import Ablate, Force, Transformer
from models.edits import Edit
from playground.interventions import ablations
from playground.lenses.experts.choices import Costs, ExpertChoices
from playground.lenses.experts.view import chosen_layer, routed
from playground.lenses.heads import noticed, recorded, remove
from playground.lenses.lens import Act
from playground.runs.loads import Routed
from playground.runs.run import Run
from playground.visitors.event import Event
from playground.visitors.jobs import Steps
from playground.visitors.session import Session

EXAMPLES = 64  # held-out examples that the worth of every expert is measured on
SECONDS = 30.0  # of computing that measuring them may take
TOO_LONG = "Measuring every expert of this model takes too long here. Ablate single ones, or make it smaller."
MOST = 256  # experts in all layers whose worth is measured at once


def worth(run: Run, model: Transformer, step: int, seen: Routed) -> Generator[int, None, Costs | None]:
    """Evaluate without one expert after another, and yield how many are done; None where that takes too long."""
    few = run.held_out._replace(**{k: t[:EXAMPLES] for k, t in run.held_out._asdict().items() if t is not None})
    spent, began, done = 0.0, time.thread_time(), 0
    for found in ablations.costing(model, few, ["expert"], route=run.precision.route):
        spent += time.thread_time() - began
        done = len(found.changes) if found is not None else done
        if found is not None and done == len(found.planned):
            change_LE = np.stack([found.map("expert", stack)[layer] for stack, layer in seen.places])
            return Costs(step, found.examples, found.loss, change_LE)
        if spent > SECONDS:
            return None
        yield done
        began = time.thread_time()
    return None


def see(session: Session, event: Event) -> None:
    """Another layer, expert, line of tokens, or picture."""
    for name in ("layer", "expert", "line", "on", "show"):
        value = event.get(name)
        session.of(ExpertChoices).take(name, int(value) if isinstance(value, float) and value.is_integer() else value)


def without(session: Session, event: Event) -> None:
    """The loss without the expert."""
    _edited(session, event, force=False)


def force(session: Session, event: Event) -> None:
    """The loss with every token sent to it."""
    _edited(session, event, force=True)


def _edited(session: Session, event: Event, *, force: bool) -> None:
    expert = event.number("expert", 0, 4095)
    session.of(ExpertChoices).take("expert", expert)
    if recorded(session):
        return
    seen = routed(session)
    if seen is not None:
        layer = chosen_layer(session, seen)
        stack, at = seen.places[layer]
        edit: Edit = Force(stack, at, expert) if force else Ablate(stack, at, "feed_forward", expert=expert)
        remove(session, edit, f"{'Everything to' if force else 'Without'} {seen.names[layer]} E{expert}")


def price(session: Session, event: Event) -> None:
    """What each expert of each layer is worth, on a copy of the model, so that the run goes on."""
    run = session.run
    seen = routed(session) if run is not None else None
    if run is None or seen is None or "price" in session.jobs:  # the first one answers both
        return
    if sum(len(r.load_E) for r in seen.layers) > MOST:
        session.notice = f"Up to {MOST} experts are left out one by one; this model has more."
    else:
        session.jobs.begin("price", _pricing(session, run, seen), noticed(session), of_run=True)


def _pricing(session: Session, run: Run, seen: Routed) -> Steps:
    steps = worth(run, run.frozen().model, run.step, seen)
    planned = sum(len(r.load_E) for r in seen.layers)
    while True:
        try:
            done = next(steps)
        except StopIteration as over:
            session.of(ExpertChoices).costs, session.notice = over.value, "" if over.value else TOO_LONG
            return
        session.notice = f"Measuring the loss without each expert: {done} of {planned}."
        yield


ACTS: dict[str, Act] = {"see": see, "remove": without, "force": force, "price": price}
