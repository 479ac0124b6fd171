"""What removing a part of a model costs on the unseen examples."""

from __future__ import annotations

from models.edits import Edit
from playground.run import Evaluation, Run
from playground.wording import decimal, percent


class Ablation:
    """What removing a part costs on the unseen examples, now. `label`: what was done, as a sentence begins: "Without
    L1 H0", "Everything to L1 E3".
    """

    def __init__(self, run: Run, edits: tuple[Edit, ...], label: str):
        self.edits, self.label, self.step = edits, label, run.step
        self.before: Evaluation = run.evaluate()
        self.after: Evaluation = run.evaluate(edits)

    @property
    def told(self) -> str:
        """Both losses in nats per token, and both accuracies."""
        before, after = self.before, self.after
        return (
            f"{self.label}: loss {before.loss:.3f} → {after.loss:.3f}, accuracy "
            f"{percent(before.accuracy)} → {percent(after.accuracy)}"
        )

    @property
    def difference(self) -> str:
        """The change of the loss, its standard error, and on how many examples."""
        before, after = self.before, self.after
        error = (before.error**2 + after.error**2) ** 0.5
        change = decimal(after.loss - before.loss, 3, sign=True)
        return f"{change} ± {error:.3f} (standard error) on {before.examples} unseen examples"
