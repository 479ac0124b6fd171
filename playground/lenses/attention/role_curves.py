"""The curves of the head roles over a run, under the attention lens."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from playground.figures import training as figures
from playground.lenses.attention.finding import RANK, curve
from playground.measures.head_roles import NAMED_FROM
from playground.runs.history import Snapshot
from playground.views.transport import marks
from playground.visitors.session import Session


def value(session: Session, snapshot: Snapshot) -> dict[str, Any]:
    """Up to three roles over the run, each by the head that played it best at any time, measured on the fixed probe."""
    run = session.start()
    which = session.which if session.which in snapshot.maps else next(iter(snapshot.maps), "")
    kept = [s.heads[which] for s in run.history.snapshots if which in s.heads]
    lines, chances = [], [0.0]
    if kept:
        best = np.max([h.scores for h in kept], axis=0)  # (L, H, roles), over time
        names, chance = kept[-1].roles, kept[-1].chance
        tops = best.reshape(-1, len(names)).max(axis=0)
        heads_of = [divmod(int(best[..., r].argmax()), best.shape[1]) for r in range(len(names))]
        played = [r for r in range(len(names)) if tops[r] >= max(NAMED_FROM, 2 * chance[r])]
        ranked = sorted(played, key=lambda r: RANK.index(names[r])) or [int(tops.argmax())]
        shown = [r for i, r in enumerate(ranked) if heads_of[r] not in [heads_of[q] for q in ranked[:i]]][:3]
        for r in shown:
            layer, head = heads_of[r]
            steps, scores = curve(run.history, which, layer, head, names[r])
            lines.append((f"L{layer} H{head} {names[r]}", steps, scores))
        chances = [chance[r] for r in shown]
    figure = figures.roles(
        lines,
        total=run.training.steps,
        chance=float(np.mean(chances)),
        marks=[(s, t) for s, t in marks(session)][-3:],
        cursor=snapshot.step,
    )
    said = "; ".join(f"{label} {scores[-1]:.2f}" for label, _, scores in lines if scores)
    return {"n": session.sent, "fig": json.dumps(figure), "said": f"Head roles over training: {said}"}
