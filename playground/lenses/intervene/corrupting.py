"""A corrupted prompt: one token of the probe is another, chosen so that the model answers otherwise; or another example
of it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models import Transformer
from playground.interventions.prompts import Answer
from playground.lenses.intervene.trial import example
from playground.tasks.base import IGNORE, MASK, PAD, SEPARATOR, START, Batch
from playground.tasks.forward import forward, to

MOVES = 1.0  # logits: from here on a swap elsewhere is said to move the answer
FIXED = {MASK, PAD, SEPARATOR, START}  # tokens that every example has in the same places


class Wish(NamedTuple):
    """What was chosen; None: whatever tells the most."""

    position: int | None = None
    token: int | None = None
    at: int | None = None
    right: int | None = None
    wrong: int | None = None


class Corruption(NamedTuple):
    """Two prompts of one example each, and their answers."""

    clean: Batch
    corrupted: Batch
    answer: Answer
    position: int | None = None
    """Of the token that differs, in the source where there is one; None: all of the example is another."""
    old: int = 0
    new: int = 0


@torch.no_grad()
def corruption(model: Transformer, batch: Batch, words: tuple[str, ...], wish: Wish) -> Corruption:
    """Swap one token after another for that of another example, or of another place, and keep the swap that moves the
    answer the most. Raises ValueError where nothing can be swapped, and where both answers are the same.
    """
    clean, field = example(batch), "ids_BT" if batch.source_BS is None else "source_BS"
    read_BT = batch.ids_BT if batch.source_BS is None else batch.source_BS
    scored = (clean.targets_BT[0] != IGNORE).nonzero().flatten().tolist()
    length = clean.ids_BT.shape[1]
    at = wish.at if wish.at is not None else scored[-1] if scored else length - 1
    swaps = _swaps(read_BT, words, wish, last=at if model.config.topology == "decoder-only" else None)
    if wish.position is not None and wish.token is not None and wish.token == int(read_BT[0, wish.position]):
        raise ValueError(f"{words[wish.token]} stands at position {wish.position} already. Choose another token.")
    if not swaps:
        raise ValueError("No token of this probe can be swapped. Choose a position and another token.")
    variants_BT = read_BT[:1].repeat(1 + len(swaps), 1)
    for row, (position, token) in enumerate(swaps, start=1):
        variants_BT[row, position] = token
    every = Batch(**{k: t.repeat(len(variants_BT), *[1] * (t.dim() - 1)) for k, t in _given(clean).items()})
    device = next(model.parameters()).device
    logits_BV = forward(model, to(every._replace(**{field: variants_BT}), device)).logits_BTV[:, at].cpu().double()
    asked = int(clean.targets_BT[0, at]) if at in scored else int(logits_BV[0].argmax())
    right = wish.right if wish.right is not None else asked
    if right == wish.wrong:
        raise ValueError(f"Both answers are {words[right]}. Choose another clean or another corrupted answer.")
    wrong_B = logits_BV.clone()
    wrong_B[:, right] = -torch.inf
    wrong_B = wrong_B.argmax(dim=-1)
    if wish.wrong is not None:
        wrong_B = torch.full_like(wrong_B, wish.wrong)
    rows_B = torch.arange(len(logits_BV))
    before_B = logits_BV[0, right] - logits_BV[0, wrong_B]
    after_B = logits_BV[:, right] - logits_BV[rows_B, wrong_B]
    best = 1 + _best(before_B - after_B, [position for position, _ in swaps], at)
    position, token = swaps[best - 1]
    corrupted = clean._replace(**{field: variants_BT[best : best + 1]})
    answer = Answer(at, right, int(wrong_B[best]))
    return Corruption(clean, corrupted, answer, position, int(read_BT[0, position]), token)


@torch.no_grad()
def exchanged(model: Transformer, batch: Batch, words: tuple[str, ...], wish: Wish, other: int) -> Corruption:
    """Another example in place of the first; the answer is read where the two move it the most. Raises ValueError where
    both answers are the same.
    """
    clean, corrupted = example(batch), example(batch, other)
    device = next(model.parameters()).device
    high_TV, low_TV = (forward(model, to(b, device)).logits_BTV[0].cpu().double() for b in (clean, corrupted))
    places = [wish.at] if wish.at is not None else (clean.targets_BT[0] != IGNORE).nonzero().flatten().tolist()
    found = []
    for at in places or [len(high_TV) - 1]:
        asked, instead = int(clean.targets_BT[0, at]), int(corrupted.targets_BT[0, at])
        right = wish.right if wish.right is not None else asked if asked != IGNORE else int(high_TV[at].argmax())
        wrong = wish.wrong
        if wrong is None:
            likeliest = next(i for i in low_TV[at].topk(2).indices.tolist() if i != right)
            wrong = likeliest if instead in (IGNORE, right) else instead
        moved = (high_TV - low_TV)[at, right] - (high_TV - low_TV)[at, wrong]
        found.append((float(moved), Answer(at, right, wrong)))
    answer = max(found)[1]
    if answer.right == answer.wrong:
        raise ValueError(f"Both answers are {words[answer.right]}. Choose another clean or another corrupted answer.")
    return Corruption(clean, corrupted, answer)


def _best(moved_B: Tensor, places: list[int], at: int) -> int:
    """The swap that moves the answer most; that of the token it is read at only where no other moves it: there the
    whole question is another.
    """
    elsewhere_B = moved_B[1:].where(torch.tensor([place != at for place in places]), -torch.inf)
    return int((elsewhere_B if elsewhere_B.max() >= MOVES else moved_B[1:]).argmax())


def other_token(read_BT: Tensor, words: tuple[str, ...], position: int) -> int | None:
    """What stands there in another example; else another token of this one. None for tokens all examples share."""
    here = int(read_BT[0, position])
    for token in read_BT[1:, position].tolist():
        if token != here:
            return token
    if words[here] in FIXED or len(read_BT) > 1:
        return None
    return next((t for t in read_BT[0].tolist() if t != here and words[t] not in FIXED), None)


def _swaps(read_BT: Tensor, words: tuple[str, ...], wish: Wish, last: int | None) -> list[tuple[int, int]]:
    places = range(read_BT.shape[1] if last is None else min(last + 1, read_BT.shape[1]))
    found = []
    for position in places if wish.position is None else [wish.position]:
        token = wish.token if wish.token is not None else other_token(read_BT, words, position)
        if token is None and wish.position is not None:
            token = (int(read_BT[0, position]) + 1) % len(words)
        if token is not None and token != int(read_BT[0, position]):
            found.append((position, token))
    return found


def _given(batch: Batch) -> dict[str, Tensor]:
    return {k: t for k, t in batch._asdict().items() if t is not None}
