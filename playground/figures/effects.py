"""Bars of what an intervention changes: predictions after a swap, accuracy without groups of heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from playground.figures.curves import COLOURS, Figure
from playground.figures.heat import axis, plain


def swap(kl_T: np.ndarray, *, tokens: Sequence[str], before: Sequence[str], after: Sequence[str]) -> Figure:
    """How far each prediction moves when a token is swapped, in nats; `before` and `after` are the likeliest tokens."""
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
        "yaxis": {"title": {"text": "KL(before || after), nats"}, "rangemode": "tozero"},
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
            "name": f"replaced by {how}",
            "x": list(names),
            "y": [plain(v) for v in left[how]],
            "error_y": {
                "type": "data",
                "array": [plain(v) for v in errors[how]],
                "color": "var(--text-2)",
                "thickness": 1,
            },
            "marker": {"color": COLOURS[i]},
            "hovertemplate": f"%{{x}} replaced by {how}: %{{y:.3f}}<extra></extra>",
        }
        for i, how in enumerate(left)
    ]
    across = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "line": {"color": "var(--text-3)", "width": 1.2, "dash": "dot"},
    }
    note = {
        "xref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 6,
        "showarrow": False,
        "font": {"size": 11, "color": "var(--text-2)"},
    }
    levels = [(f"whole model {whole:.2f}", whole), (f"guessing {chance:.2f}", chance)]
    return {
        "data": bars,
        "layout": {
            "barmode": "group",
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "xaxis": {"title": {"text": "heads ablated"}},
            "yaxis": {"title": {"text": "accuracy on the repeated part"}, "range": [0, 1.05]},
            "shapes": [{**across, "y0": y, "y1": y} for _, y in levels],
            "annotations": [{**note, "y": y, "text": text} for text, y in levels],
            "margin": {"t": 36, "r": 118},
        },
    }
