"""Figures of the experiments: curves with the spread of what was repeated, on plain or logarithmic axes."""

from playground.figures.experiments.chart import chart
from playground.figures.experiments.kinds import HUES, OTHER, growth, lengths, losses
from playground.figures.experiments.lines import Axis, Line

__all__ = ["HUES", "OTHER", "Axis", "Line", "chart", "growth", "lengths", "losses"]
