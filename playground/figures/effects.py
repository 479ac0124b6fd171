"""Bars of what an intervention changes: predictions, accuracy without groups of heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from playground.figures.curves import COLOURS, Axis, Figure, axis, plain
from playground.figures.heat import LEAST


def moved(kl_T: np.ndarray, *, tokens: Sequence[str], before: Sequence[str], after: Sequence[str]) -> Figure:
    """How far each prediction moves between two passes, in nats; `before` and `after` are the likeliest tokens."""
    said = [f"position {i}: {a} → {b}, {kl_T[i]:.3f} nats" for i, (a, b) in enumerate(zip(before, after, strict=True))]
    return {
        "x": _each("token read", tokens),
        "y": axis(Axis("KL(before || after), nats", 0, 1.05 * max(LEAST, float(kl_T.max())))),
        "bars": [{"name": "change", "values": [plain(v) for v in kl_T], "colour": COLOURS[0], "said": said}],
    }


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
            "name": f"replaced by {how}",
            "values": [plain(v) for v in left[how]],
            "errors": [plain(v) for v in errors[how]],
            "colour": COLOURS[i],
        }
        for i, how in enumerate(left)
    ]
    return {
        "x": axis(Axis("accuracy on the repeated part", 0, 1.05)),
        "y": _each("heads ablated", names),
        "bars": bars,
        "lying": True,  # groups of heads have long names
        "levels": [[whole, f"whole model {whole:.2f}", True], [chance, f"chance {chance:.2f}", True]],
    }


def _each(title: str, names: Sequence[str]) -> dict[str, object]:
    """By number, because tokens occur twice."""
    return axis(Axis(title, -0.5, len(names) - 0.5, ticks=list(enumerate(names))))
