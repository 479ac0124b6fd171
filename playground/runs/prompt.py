"""A visitor's prompt, continued (or its blanks filled) by the model as it is now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from models import Transformer
from models.generate import Sampling, generate
from playground.runs.run import Run
from playground.tasks.base import MASK

SEED = 0
LONGEST = 256


class Guess(NamedTuple):
    """One generated token: its text, the model's probability for it, and the five likeliest."""

    t: str
    p: float
    top: list[list[object]]


def continuation(run: Run, text: str, sampling: Sampling, length: int) -> list[Guess]:
    """What the model writes after `text` (in its blanks, if encoder-only). Raises ValueError with a sentence."""
    return list(continuing(run, text, sampling, length))


def continuing(
    run: Run, text: str, sampling: Sampling, length: int, model: Transformer | None = None
) -> Iterator[Guess]:
    """The same, token by token. `model`: a copy, where the run trains meanwhile."""
    if not 1 <= length <= LONGEST:
        raise ValueError(f"The length lies between 1 and {LONGEST}; got {length:,}.")
    sampling.check()
    device, words, model = run.place.device, run.task.vocabulary, model or run.model
    prompt = run.task.begin(run.topology, text)
    ids_BT = prompt.ids_BT.to(device)
    if run.topology == "encoder-only":
        with torch.no_grad():
            probs_TV = model(ids_BT).logits_BTV[0].float().softmax(dim=-1)
        blank_T = (ids_BT[0] == run.task.id[MASK]).tolist()
        yield from (_guess(words, p, int(p.argmax())) for p, hidden in zip(probs_TV, blank_T, strict=True) if hidden)
        return
    room = run.config.model.context + 1 - ids_BT.shape[1]
    written = generate(
        model,
        ids_BT,
        prompt.steps or min(length, room),
        source_BS=None if prompt.source_BS is None else prompt.source_BS.to(device),
        sampling=sampling,
        generator=torch.Generator(device).manual_seed(SEED),
    )
    yield from (_guess(words, token.probs_BV[0], int(token.ids_B[0])) for token in written)


def _guess(words: Sequence[str], probs_V: Tensor, chosen: int) -> Guess:
    top = probs_V.topk(min(5, len(words)))
    pairs = [[words[i], round(p, 4)] for p, i in zip(top.values.tolist(), top.indices.tolist(), strict=True)]
    return Guess(words[chosen], round(probs_V[chosen].item(), 4), pairs)
