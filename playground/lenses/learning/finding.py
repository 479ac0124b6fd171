"""The sentence at the top of the Learning lens, by stated rules: what the held-out examples and the loss tell."""

from __future__ import annotations

import math

import numpy as np

from playground.findings.finding import Finding
from playground.measures.training import first_above, steepest_fall
from playground.runs.history import History
from playground.wording import percent

SOLVED = 0.95  # accuracy on held-out examples from which a task counts as learned
FAR = 1.5  # times the loss of a uniform guess from which a run is said to diverge
LATELY = 10  # updates whose mean loss is that loss


def finding(history: History, chance: float, uniform: float = math.inf) -> Finding:
    """Solved, lost again, growing loss, falling suddenly, above chance, or nothing yet, in this order. `uniform`: nats
    of a guess that takes every token for equally likely.
    """
    seen = history.validations()
    if len(history.metrics) < 2:
        return Finding(
            "Not trained yet",
            f"Chance is {percent(chance)} right. Press Play: the curves leave that line.",
        )
    if not seen:
        return Finding("The first update is made", "Held-out examples are measured with the next.")
    last = seen[-1]
    fall = steepest_fall([m.loss for m in history.metrics])
    fall = fall if fall and fall.after < uniform else None  # back from where it had exploded, nothing was learned
    sentence = (
        f"At step {last.step:,}: {percent(last.validation_accuracy or 0.0)} of held-out tokens right (chance: "
        f"{percent(chance)}), loss {last.validation_loss:.3f}."
    )
    if fall:
        sentence += (
            f" The loss fell from {fall.before:.2f} to {fall.after:.2f} around <a "
            f'data-do="step:{fall.step}">step {fall.step:,}</a>.'
        )
    at, right = [m.step for m in seen], [m.validation_accuracy or 0.0 for m in seen]
    since, goal, now = first_above(at, right, SOLVED), percent(SOLVED, 0), percent(right[-1], 0)
    reached = next((step for step, share in zip(at, right, strict=True) if share >= SOLVED), None)
    if since is not None:
        return Finding(f"Learned: at least {goal} of held-out tokens right since step {since:,}", sentence)
    if reached is not None:
        return Finding(
            f"Reached {goal} at step {reached:,} and lost it again: {now} of held-out tokens right", sentence
        )
    lately = float(np.mean([m.loss for m in history.metrics[-LATELY:]]))
    if min(last.validation_loss or 0.0, lately) > FAR * uniform:  # of held-out examples alone it is remembering
        lr = history.metrics[-1].lr
        why = f"So is the training loss, {lately:.2f}; a uniform guess has {uniform:.2f}."
        why += f" A learning rate below {lr:g} is the first thing to try."
        return Finding("Far worse than chance: the run diverges", f"{sentence} {why}")
    if fall:
        return Finding(f"The loss fell suddenly around step {fall.step:,}", sentence)
    if right[-1] > chance + max(0.02, 0.1 * chance):
        return Finding(f"Above chance: {now} of held-out tokens right", sentence)
    return Finding("No better than chance so far", sentence)
