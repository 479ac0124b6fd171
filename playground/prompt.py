"""A visitor's prompt, continued (or its blanks filled) by the model as it is now."""

from __future__ import annotations

from typing import NamedTuple

import torch

from models.generate import Sampling, generate
from playground.look import forward, to
from playground.run import Run
from playground.tasks.base import MASK

SEED = 0
LONGEST = 256


class Guess(NamedTuple):
    """One generated token: its text, the model's probability for it, and the five likeliest."""

    t: str
    p: float
    top: list[list[object]]


def continuation(run: Run, text: str, sampling: Sampling, length: int) -> list[Guess]:
    """What the model writes after `text` (in its blanks, for an encoder-only model). Raises ValueError with a
    sentence.
    """
    if not text.strip():
        raise ValueError("Type a prompt first.")
    if not 1 <= length <= LONGEST:
        raise ValueError(f"The length lies between 1 and {LONGEST}; got {length}.")
    sampling.check()
    batch = to(run.task.probe(run.topology, text), run.place.device)
    words = run.task.vocabulary

    def guess(probs_V: torch.Tensor, chosen: int) -> Guess:
        top = probs_V.topk(min(5, len(words)))
        pairs = [[words[i], round(p, 4)] for p, i in zip(top.values.tolist(), top.indices.tolist(), strict=True)]
        return Guess(words[chosen], round(probs_V[chosen].item(), 4), pairs)

    if run.topology == "encoder-only":
        with torch.no_grad():
            probs_TV = forward(run.model, batch).logits_BTV[0].float().softmax(dim=-1)
        blank = (batch.ids_BT[0] == run.task.id[MASK]).tolist()
        found = [guess(p, int(p.argmax())) for p, hidden in zip(probs_TV, blank, strict=True) if hidden]
        if not found:
            raise ValueError(
                f"An encoder-only model fills blanks, and this prompt has none. Put {MASK} where it should guess."
            )
        return found
    if run.topology == "encoder-decoder":
        start_BT, steps = batch.ids_BT[:, :1], batch.targets_BT.shape[1]
    else:
        prompt = int(batch.prefix_B[0]) if batch.prefix_B is not None else batch.ids_BT.shape[1]
        start_BT, steps = batch.ids_BT[:, :prompt], batch.ids_BT.shape[1] + 1 - prompt
        if batch.prefix_B is None:
            steps = min(length, run.config.model.context - prompt)
            if steps < 1:
                raise ValueError(
                    f"The model reads {run.config.model.context} tokens, and the prompt has {prompt}. Shorten it to "
                    "leave room."
                )
    generator = torch.Generator(run.place.device).manual_seed(SEED)
    written = generate(
        run.model,
        start_BT,
        min(steps, length) if batch.prefix_B is None else steps,
        source_BS=batch.source_BS,
        keep_BS=batch.keep_BS,
        sampling=sampling,
        generator=generator,
    )
    return [guess(token.probs_BV[0], int(token.ids_B[0])) for token in written]
