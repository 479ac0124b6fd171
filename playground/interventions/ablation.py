"""What removing a part of a model costs on the held-out examples."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch

from models import Transformer
from models.edits import Edit
from playground import wording
from playground.interventions.parts import coupled
from playground.runs import paired
from playground.runs.paired import Change, Scores, joined, scores
from playground.runs.run import Run
from playground.runs.slices import whole
from playground.tasks.base import Batch
from playground.tasks.forward import forward
from playground.wording import percent

PIECE = 32  # examples of one slice


@dataclass(frozen=True)
class Ablation:
    """What removing a part costs on the held-out examples, after `step` updates."""

    edits: tuple[Edit, ...]
    label: str
    """What was done, as a sentence begins: "Without L1 H0", "Everything to L1 E3"."""
    step: int
    before: Scores
    after: Scores

    @property
    def change(self) -> Change:
        """Example by example."""
        return paired.change(self.before, self.after)

    @property
    def told(self) -> str:
        """Both losses in nats per token, and both accuracies."""
        (loss, right), (less, fewer) = self.before.mean(), self.after.mean()
        return f"{self.label}: loss {loss:.3f} → {less:.3f}, accuracy {percent(right)} → {percent(fewer)}"

    @property
    def difference(self) -> str:
        """The change of the loss, its standard error (paired: the same examples), and on how many."""
        told = wording.change(self.change.loss, self.change.loss_error)
        return f"{told} (standard error) on {len(self.before.loss_B)} held-out examples"


def ablated(run: Run, edits: tuple[Edit, ...], label: str) -> Ablation:
    """Evaluate a run as it is now, without a part and with it. Raises ValueError for a part that it does not have."""
    return whole(ablating(run, edits, label))


def ablating(run: Run, edits: tuple[Edit, ...], label: str) -> Generator[None, None, Ablation]:
    """The same, some examples at a time, on a copy of the model: the run may train on meanwhile."""
    model, step = run.frozen().model, run.step
    before: list[Scores] = []
    after: list[Scores] = []
    for piece in _pieces(run):
        for found, without in ((before, ()), (after, edits)):
            found.append(_scores(run, model, piece, without))
            yield
    return Ablation(edits, label, step, joined(before), joined(after))


def _pieces(run: Run) -> list[Batch]:
    """The held-out examples; all at once where they compete for seats at experts."""
    if coupled(run.now.model):
        return [run.held_out]
    cut = {name: t.split(PIECE) for name, t in run.held_out._asdict().items() if t is not None}
    return [Batch(**dict(zip(cut, tensors, strict=True))) for tensors in zip(*cut.values(), strict=True)]


@torch.no_grad()
def _scores(run: Run, model: Transformer, batch: Batch, edits: tuple[Edit, ...]) -> Scores:
    with run.precision.route():
        return scores(forward(model, batch, edits=edits).logits_BTV, batch.targets_BT)
