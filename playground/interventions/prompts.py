"""Two prompts that a model is run on side by side, and how far it tells their answers apart."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models import Patch, Transformer
from models.edits import StackName
from playground.interventions.parts import coupled
from playground.interventions.places import Place
from playground.tasks.base import Batch
from playground.tasks.forward import forward, to

LEAST = 0.1  # logits: a smaller difference between the prompts is nothing to take shares of
TOKENS = 8192  # of one pass


class Answer(NamedTuple):
    """Where the model answers, and the two tokens whose logits are compared: logit[right] - logit[wrong]."""

    at: int
    """Position of the logits, in `Batch.ids_BT`."""
    right: int
    """What the clean prompt asks for."""
    wrong: int
    """What the corrupted one asks for."""


class Pair(NamedTuple):
    """Two prompts that can be compared: see `compared`."""

    model: Transformer
    clean: Batch
    corrupted: Batch
    answer: Answer
    stack: StackName
    clean_difference: float
    """Logits."""
    corrupted_difference: float

    def ids(self, place: Place) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What stands at the positions of a place, of the clean and of the corrupted prompt."""
        side = "encoder" if place.of_source else place.stack
        return _reads(self.clean, side), _reads(self.corrupted, side)

    @torch.no_grad()
    def patched(self, at_BT: Tensor, part: str, layer: int | None, head: int | None, unit: int | None = None) -> Tensor:
        """(B,) logit differences of the corrupted prompt, patched at the positions of each row of `at_BT`."""
        found, room = [], max(1, TOKENS // max(at_BT.shape[1], self.clean.ids_BT.shape[1]))
        device = next(self.model.parameters()).device
        for rows_BT in at_BT.split(room):
            batch = to(_beside(self.clean, self.corrupted, len(rows_BT)), device)
            at = torch.cat([torch.zeros_like(rows_BT[:1]), rows_BT]).to(device)
            edit = Patch(self.stack, layer, part, at, head=head, unit=unit)  # the clean prompt is example 0
            found.append(difference(forward(self.model, batch, edits=[edit]).logits_BTV, self.answer)[1:])
        return torch.cat(found)


def difference(logits_BTV: Tensor, answer: Answer) -> Tensor:
    """(B,) logit of the right answer minus that of the wrong one, float64."""
    logits_BV = logits_BTV[:, answer.at].double()
    return logits_BV[:, answer.right] - logits_BV[:, answer.wrong]


@torch.no_grad()
def compared(
    model: Transformer, clean: Batch, corrupted: Batch, answer: Answer, stack: StackName | None = None
) -> Pair:
    """The prompts and their logit differences. `stack`: the one to patch, by default the one that reads the prompt.

    Raises ValueError, with what to do, for prompts of unequal length, identical ones, answers that are no two tokens,
    and prompts whose answers the model does not tell apart by at least `LEAST`.
    """
    depths = model.config.depths()
    stack = stack or ("encoder" if "encoder" in depths else "decoder")
    if stack not in depths:
        raise ValueError(f"This model has no {stack}: it is {model.config.topology}.")
    _refuse(model, clean, corrupted, answer)
    both = to(_beside(clean, corrupted, 1), next(model.parameters()).device)
    high, low = difference(forward(model, both).logits_BTV, answer).tolist()
    if abs(high - low) < LEAST:
        raise ValueError(
            f"The logit difference is {high:.3f} on the clean prompt and {low:.3f} on the corrupted one: too close to "
            f"take shares of (at least {LEAST:g} apart). Choose answers or prompts that the model tells apart."
        )
    return Pair(model, clean, corrupted, answer, stack, high, low)


def _refuse(model: Transformer, clean: Batch, corrupted: Batch, answer: Answer) -> None:
    """Raise ValueError for what cannot be compared."""
    if coupled(model.config):
        raise ValueError(
            "The prompts of a batch compete for seats at this model's experts, so one would change the other. Lift the "
            "limit when evaluating, or count seats over each sequence."
        )
    pairs = [(a, b) for a, b in zip(_inputs(clean), _inputs(corrupted), strict=True) if a is not None or b is not None]
    if any(len(t) != 1 for pair in pairs for t in pair if t is not None):
        raise ValueError("Patching compares two prompts: give one example each.")
    lengths = [(a.shape[-1], b.shape[-1]) for a, b in pairs if a is not None and b is not None]
    unequal = next(((a, b) for a, b in lengths if a != b), None)
    if unequal:
        raise ValueError(
            f"The clean prompt has {unequal[0]} tokens and the corrupted one {unequal[1]}: position by position only "
            "prompts of equal length can be compared."
        )
    for a, b in zip((clean.keep_BS, clean.prefix_B), (corrupted.keep_BS, corrupted.prefix_B), strict=True):
        if (a is None) != (b is None) or (a is not None and b is not None and not torch.equal(a, b)):
            raise ValueError("The prompts differ in which tokens are real or seen from both sides: give equal ones.")
    if all(a is not None and b is not None and torch.equal(a, b) for a, b in pairs):
        raise ValueError("The two prompts are identical: change a token of the corrupted one.")
    length, vocab = clean.ids_BT.shape[1], model.config.vocab
    if not 0 <= answer.at < length:
        raise ValueError(f"The answer is read at a position from 0 to {length - 1}; got {answer.at}.")
    if not all(0 <= token < vocab for token in answer[1:]) or answer.right == answer.wrong:
        raise ValueError(f"Name two different answers, tokens from 0 to {vocab - 1}; got {answer[1:]}.")


def _inputs(prompt: Batch) -> tuple[Tensor | None, ...]:
    return prompt.ids_BT, prompt.source_BS


def _reads(prompt: Batch, stack: str) -> tuple[int, ...]:
    """Tokens that a stack reads."""
    ids = prompt.source_BS if stack == "encoder" and prompt.source_BS is not None else prompt.ids_BT
    return tuple(ids[0].tolist())


def _beside(clean: Batch, corrupted: Batch, rows: int) -> Batch:
    """The clean prompt, and the corrupted one so many times."""
    pairs = {k: (t, corrupted._asdict()[k]) for k, t in clean._asdict().items() if t is not None and k != "tags_BT"}
    return Batch(**{k: torch.cat([a, *[b] * rows]) for k, (a, b) in pairs.items()})
