"""Convergence: how fast the same model learns text with each position scheme."""

from playground.experiments.convergence.progress import EVERY, Convergence, Curve, Progress, convergence
from playground.experiments.convergence.shown import figures, finding, frame, python

__all__ = ["EVERY", "Convergence", "Curve", "Progress", "convergence", "figures", "finding", "frame", "python"]
