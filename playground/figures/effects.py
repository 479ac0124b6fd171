"""Bars of what an intervention changes: predictions, accuracy without groups of heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.figures.curves import COLOURS, Figure
from playground.figures.heat import LEAST, plain


def moved(kl_T: np.ndarray, *, tokens: Sequence[str], before: Sequence[str], after: Sequence[str]) -> Figure:
    """How far each prediction moves between two passes, in nats; `before` and `after` are the likeliest tokens."""
    bar = {
        "type": "bar",
        "name": "change",
        "x": list(range(len(kl_T))),
        "y": [plain(v) for v in kl_T],
        "marker": {"color": COLOURS[0]},
        "hovertext": [
            f"position {i}: {a} → {b}, {kl_T[i]:.3f} nats" for i, (a, b) in enumerate(zip(before, after, strict=True))
        ],
        "hoverinfo": "text",
    }
    layout = {
        "xaxis": axis("token read", tokens),
        "yaxis": {"title": {"text": "KL(before || after), nats"}, "range": [0, 1.05 * max(LEAST, float(kl_T.max()))]},
        "uirevision": "moved",
    }
    return {"data": [bar], "layout": layout}


def induction(
    names: Sequence[str],
    left: Mapping[str, Sequence[float]],
    errors: Mapping[str, Sequence[float]],
    *,
    whole: float,
    chance: float,
) -> Figure:
    """Accuracy on the repeated part without each group of heads, by how they are replaced, with standard errors; the
    whole model and guessing are lines.
    """
    bars = [
        {
            "type": "bar",
            "orientation": "h",  # groups of heads have long names
            "name": f"replaced by {how}",
            "x": [plain(v) for v in left[how]],
            "y": list(names),
            "error_x": {
                "type": "data",
                "array": [plain(v) for v in errors[how]],
                "color": "var(--text-2)",
                "thickness": 1,
            },
            "marker": {"color": COLOURS[i]},
            "hovertemplate": f"%{{y}} replaced by {how}: %{{x:.3f}}<extra></extra>",
        }
        for i, how in enumerate(left)
    ]
    across = {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": "var(--text-3)", "width": 1.2, "dash": "dot"},
    }
    note = {
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11, "color": "var(--text-2)"},
    }
    levels = [(f"whole model {whole:.2f}", whole), (f"chance {chance:.2f}", chance)]
    return {
        "data": bars,
        "layout": {
            "barmode": "group",
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": -0.16, "yanchor": "top"},
            "xaxis": {"title": {"text": "accuracy on the repeated part"}, "range": [0, 1.05]},
            "yaxis": {"title": {"text": "heads ablated"}, "autorange": "reversed", "showgrid": False},
            "shapes": [{**across, "x0": x, "x1": x} for _, x in levels],
            "annotations": [
                {**note, "x": x, "xanchor": "right" if x > 0.5 else "left", "yshift": 13 * row, "text": text}
                for row, (text, x) in enumerate(levels)
            ],
            "margin": {"t": 48},
            "uirevision": "induction",  # another chart: no axis is kept
        },
    }


def axis(title: str, names: Sequence[str]) -> dict[str, Any]:
    """By number, because tokens occur twice; named, every so many where there are many."""
    step = 1 + (len(names) - 1) // 64
    at = list(range(0, len(names), step))
    return {"title": {"text": title}, "tickvals": at, "ticktext": [names[i] for i in at], "zeroline": False}
