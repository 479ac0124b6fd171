"""Cost: time and memory of softmax and of linear attention as texts grow."""

from playground.experiments.cost.progress import AttentionCost, Point, Progress, attention_cost
from playground.experiments.cost.shown import figures, finding, frame, python, slope

__all__ = ["AttentionCost", "Point", "Progress", "attention_cost", "figures", "finding", "frame", "python", "slope"]
