"""The charts of the Experts lens: what experts tell over training, and the paths through the layers."""

from __future__ import annotations

import json
from typing import Any

from playground.figures import routing as figures
from playground.measures import routing as measure
from playground.runs.loads import Routed
from playground.views.transport import marks
from playground.visitors.session import Session

MOST = 24  # experts whose paths can be told apart


def information(session: Session, layer: int) -> dict[str, Any]:
    """How much the first-choice expert of a layer tells of task, position and kind of token."""
    run = session.start()
    kept = [u for u in run.history.loads.updates if u.informed]
    steps = [u.step for u in kept]
    names = list(kept[-1].informed[layer]) if kept else []
    lines = [(name, steps, [u.informed[layer][name].share for u in kept]) for name in names]
    chance = (names[0], kept[-1].informed[layer][names[0]].chance) if names else ("", 0.0)
    cursor = run.step if session.shown is None else min(session.shown, run.step)
    figure = figures.information(
        lines, total=run.training.steps, chance=chance, marks=[(s, t) for s, t in marks(session)][-3:], cursor=cursor
    )
    said = "; ".join(f"{name} {shares[-1]:.2f}" for name, _, shares in lines if shares)
    return {"n": session.sent, "fig": json.dumps(figure), "said": f"Share told by the expert: {said}"}


def paths(session: Session, seen: Routed) -> dict[str, Any]:
    """From expert to expert, layer by layer, where the layers read the same tokens."""
    same = [i for i, place in enumerate(seen.places) if place[0] == seen.places[-1][0]]
    counts = measure.paths([measure.first_choice(seen.layers[i]) for i in same], len(seen.layers[0].load_E))
    if len(same) < 2 or len(seen.layers[0].load_E) > MOST:
        why = "one layer of experts" if len(same) < 2 else f"more than {MOST} experts a layer"
        return {
            "n": session.sent,
            "fig": "{}",
            "said": f"No paths are drawn with {why}.",
        }
    figure = figures.paths([seen.names[i] for i in same], counts)
    return {"n": session.sent, "fig": json.dumps(figure), "said": "Paths of tokens through the experts of the layers"}
