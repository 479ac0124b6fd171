"""The sentence over a comparison: who is ahead, from the numbers."""

from __future__ import annotations

import math

from playground.comparison.results import THRESHOLD, last, results
from playground.comparison.trials import Trials
from playground.wording import percent


def finding(trials: Trials, threshold: float = THRESHOLD) -> tuple[str, str]:
    """(title, sentence): who is ahead, from the numbers; with several seeds only what all of them say is said."""
    found, step = results(trials, threshold), trials.step
    labels = [v.label for v in trials.variants]
    there = [
        (r.steps.mean, label, r)
        for r, label in zip(found, labels, strict=True)
        if r.steps and r.steps.seeds == trials.seeds
    ]
    seeds = f"mean of {trials.seeds} seeds" if trials.seeds > 1 else "one seed; another may order them otherwise"
    if not step:
        return "Nothing trained yet", "The curves grow together as soon as all of them train."
    if len(there) == len(labels):
        order = ", ".join(f"{label} at {at:,.0f}" for at, label, _ in sorted(there, key=lambda x: x[0]))
        return f"All reach {percent(threshold, 0)} of held-out tokens", f"First above it: {order} ({seeds})."
    if there:
        names = " and ".join(label for _, label, _ in there)
        rest = [label for label in labels if label not in {other for _, other, _ in there}]
        return (
            f"{names} reach{'es' if len(there) == 1 else ''} {percent(threshold, 0)}, {' and '.join(rest)} not yet",
            f"At step {step:,}; {seeds}.",
        )
    gone = [any(trial.stopped for trial in trials.of(v)) for v in range(len(labels))]
    losses = sorted(
        (math.inf if over else r.loss.mean, label) for r, label, over in zip(found, labels, gone, strict=True) if r.loss
    )
    order = ", ".join(f"{label} {loss:.3f}" if loss < math.inf else f"{label} (diverged)" for loss, label in losses)
    if all(gone):
        return "All of them diverged", "Lower their learning rate."
    told = f"Loss on held-out examples: {order} nats per token ({seeds})."
    if len(losses) < 2 or math.isclose(losses[0][0], losses[-1][0], rel_tol=0.01):
        return "No difference to be seen yet", told
    if ahead(trials) is None:
        return f"Level at step {step:,}: not the same one is ahead with every seed", told
    return f"Ahead at step {step:,}: {losses[0][1]}", told


def ahead(trials: Trials) -> int | None:
    """The variant whose loss on held-out examples is the lowest with every seed, if there is one."""
    first = set()
    for seed in range(trials.seeds):
        runs = [trials.of(v)[seed] for v in range(len(trials.variants))]
        losses = [math.inf if run.stopped else last(run, trials.step) for run in runs]
        if None in losses:
            return None
        first.add(losses.index(min(losses)))  # type: ignore[type-var]
    return first.pop() if len(first) == 1 else None
