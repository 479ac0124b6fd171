"""What removing a part of a model costs on the unseen examples."""

from __future__ import annotations

from models.edits import Edit
from playground.run import Evaluation, Run


class Ablation:
    """What removing a part costs on the unseen examples, now."""

    def __init__(self, run: Run, edits: tuple[Edit, ...], label: str):
        self.edits, self.label, self.step = edits, label, run.step
        self.before: Evaluation = run.evaluate()
        self.after: Evaluation = run.evaluate(edits)
