"""Presses inside the Experts lens: what is seen, doing without an expert, all tokens to one, the worth of each."""

from __future__ import annotations

import copy
import time

import gradio as gr
import numpy as np

from models import Ablate, Force, Transformer
from models.edits import Edit
from playground.interventions import ablations
from playground.interventions.ablation import Ablation
from playground.pages.event import number, sent
from playground.pages.frame import session_of
from playground.pages.looking import Looking
from playground.pages.pictures import Pictures, Update
from playground.runs.loads import Routed
from playground.runs.run import Run
from playground.visitors.choices import Costs
from playground.visitors.session import Session

EXAMPLES = 64  # unseen examples that the worth of every expert is measured on
SECONDS = 30.0  # that measuring them may take
TOO_LONG = "Measuring every expert of this model takes too long here. Ablate single ones, or make it smaller."
MOST = 256  # experts in all layers whose worth is measured at once


def worth(run: Run, model: Transformer, step: int, seen: Routed) -> Costs | None:
    """Evaluate without one expert after another; None where that takes too long."""
    few = run.unseen._replace(**{k: t[:EXAMPLES] for k, t in run.unseen._asdict().items() if t is not None})
    end = time.monotonic() + SECONDS
    *_, found = ablations.costs(
        model, few, ["expert"], cancelled=lambda: time.monotonic() > end, route=run.precision.route
    )
    if len(found.changes) < len(found.planned):
        return None
    change_LE = np.stack([found.map("expert", stack)[layer] for stack, layer in seen.places])
    return Costs(step, found.examples, found.loss, change_LE)


class Routing:
    """Handlers, answered outside the queue."""

    def __init__(self, pictures: Pictures, looking: Looking):
        self.pictures, self.looking = pictures, looking

    def see(self, request: gr.Request, event: gr.EventData) -> Update:
        session = session_of(request)
        for name in ("layer", "expert", "line", "on", "show"):
            value = sent(event, name)
            session.experts.take(name, int(value) if isinstance(value, float) and value.is_integer() else value)
        return self.looking.shown(session)

    def remove(self, request: gr.Request, event: gr.EventData) -> Update:
        """The loss without the expert."""
        return self._edited(request, event, force=False)

    def force(self, request: gr.Request, event: gr.EventData) -> Update:
        """The loss with every token sent to it."""
        return self._edited(request, event, force=True)

    def _edited(self, request: gr.Request, event: gr.EventData, *, force: bool) -> Update:
        session, expert = session_of(request), number(event, "expert", 0, 4095)
        session.experts.take("expert", expert)
        if session.run is None:
            return self.looking.recorded(session)
        seen = self._seen(session)
        if seen is None:
            return self.looking.shown(session)
        layer = min(session.experts.layer if session.experts.layer is not None else 4095, len(seen.layers) - 1)
        stack, at = seen.places[layer]
        edit: Edit = Force(stack, at, expert) if force else Ablate(stack, at, "feed_forward", expert=expert)
        label = f"Everything to {seen.names[layer]} E{expert}" if force else f"Without {seen.names[layer]} E{expert}"
        try:
            with session.held():
                session.ablation = Ablation(session.run, (edit,), label)
        except ValueError as error:
            session.notice = str(error)
        return self.looking.shown(session)

    def price(self, request: gr.Request) -> Update:
        """What each expert of each layer is worth, on a copy of the model, so that the run goes on."""
        session = session_of(request)
        run, seen = session.run, self._seen(session)
        if run is None or seen is None:
            return self.looking.shown(session)
        if sum(len(r.load_E) for r in seen.layers) > MOST:
            session.notice = f"The worth of up to {MOST} experts is measured at once; this model has more."
            return self.looking.shown(session)
        if not session.experts.pricing.acquire(blocking=False):
            return self.looking.shown(session)  # one at a time; the first one answers both
        try:
            with session.held():  # a copy of its own: looking goes on through the session's other one
                model, step = copy.deepcopy(run.model), run.step
            found = worth(run, model, step, seen)
        finally:
            session.experts.pricing.release()
        if session.run is run:
            session.experts.costs, session.notice = found, "" if found else TOO_LONG
        return self.looking.shown(session)

    def _seen(self, session: Session) -> Routed | None:
        with session.hand:
            return session.routed()() if session.run is not None else None
