"""Length extrapolation: train on short texts, read longer ones."""

from playground.experiments.extrapolation.progress import (
    MULTIPLES,
    WAYS,
    Extrapolation,
    Point,
    Progress,
    extrapolation,
)
from playground.experiments.extrapolation.shown import figures, finding, frame, python

__all__ = [
    "MULTIPLES",
    "WAYS",
    "Extrapolation",
    "Point",
    "Progress",
    "extrapolation",
    "figures",
    "finding",
    "frame",
    "python",
]
