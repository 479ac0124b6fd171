"""The predictions of one example before and after a change, as a heat map, bars and a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from playground.figures import effects
from playground.figures.heat import heat
from playground.interventions.moved import Moved
from playground.lenses.intervene.trial import Subject, named, table

DIGITS = {"wanted_before": 3, "wanted_after": 3, "logit_before": 3, "logit_after": 3, "kl": 3}


class Drawn(NamedTuple):
    """See `Shown`."""

    map: dict[str, Any]
    bars: dict[str, Any]
    table: dict[str, Any]


def drawn(subject: Subject, found: Moved, tokens: Sequence[str], *, what: str, name: str) -> Drawn:
    """`tokens`: what stands on the axis. `what` came between "before" and "after"; `name` of the file of numbers."""
    words = subject.words
    before, after = ([words[int(i)] for i in top] for top in (found.top_before_T, found.top_after_T))
    wanted = [words[t] if t >= 0 else "" for t in found.targets]
    rows = (("before", before, found.wanted_before_T), ("after", after, found.wanted_after_T))
    figure = heat(
        np.stack([found.wanted_before_T, found.wanted_after_T]),
        x=tokens,
        y=["before", "after"],
        x_title="token read",
        y_title=what,
        z_title="probability of the token to predict",
        hover=[
            [_cell(t, when, top[t], wanted[t], probs_T[t], found.kl_T[t]) for t in range(len(tokens))]
            for when, top, probs_T in rows
        ],
        text=[before, after],
        around=False,
    )
    of = f": {subject.note}" if subject.note else ""
    note = f"likeliest token, coloured by the probability of the one to predict{of}"
    frame = named(found.frame(), words, "token", "top_before", "top_after").assign(target=wanted)
    return Drawn(
        {"title": "Predictions before and after", "note": note, "heat": figure, "pick": ""},
        {
            "title": "How far each prediction moves",
            "fig": effects.moved(found.kl_T, tokens=tokens, before=before, after=after),
            "said": "Divergence of predictions, in nats",
        },
        table(frame, name, "Predictions before and after", DIGITS),
    )


def _cell(t: int, when: str, top: str, wanted: str, p: float, kl: float) -> str:
    scored = f"; {wanted}, to be predicted, has {p:.3f}" if wanted else "; nothing is scored here"
    return f"position {t}, {when}: {top} is likeliest{scored}; moved by {kl:.3f} nats"
