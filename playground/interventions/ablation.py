"""What removing a part of a model costs on the unseen examples."""

from __future__ import annotations

import torch

from models.edits import Edit
from playground import wording
from playground.runs.paired import Scores, change, scores
from playground.runs.run import Run
from playground.tasks.forward import forward
from playground.wording import percent


class Ablation:
    """What removing a part costs on the unseen examples, now. `label`: what was done, as a sentence begins: "Without
    L1 H0", "Everything to L1 E3".
    """

    def __init__(self, run: Run, edits: tuple[Edit, ...], label: str):
        self.edits, self.label, self.step = edits, label, run.step
        self.before, self.after = _scores(run), _scores(run, edits)
        self.change = change(self.before, self.after)

    @property
    def told(self) -> str:
        """Both losses in nats per token, and both accuracies."""
        (loss, right), (less, fewer) = self.before.mean(), self.after.mean()
        return f"{self.label}: loss {loss:.3f} → {less:.3f}, accuracy {percent(right)} → {percent(fewer)}"

    @property
    def difference(self) -> str:
        """The change of the loss, its standard error (paired: the same examples), and on how many."""
        told = wording.change(self.change.loss, self.change.loss_error)
        return f"{told} (standard error) on {len(self.before.loss_B)} unseen examples"


@torch.no_grad()
def _scores(run: Run, edits: tuple[Edit, ...] = ()) -> Scores:
    with run.precision.route():
        return scores(forward(run.model, run.unseen, edits=edits).logits_BTV, run.unseen.targets_BT)
