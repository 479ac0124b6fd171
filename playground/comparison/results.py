"""What came out: one row per variant, over its seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np
import pandas as pd

from models.cost import cost
from playground.comparison.trial import Trial
from playground.comparison.trials import Trials
from playground.comparison.work import flops_per_example, lengths
from playground.runs.history import Metrics

THRESHOLD = 0.99
BYTES = 4  # of one cached number


class Spread(NamedTuple):
    """A number over seeds."""

    mean: float
    deviation: float
    """Standard deviation over the seeds; 0 for one."""
    seeds: int
    """How many have it: a run that never reached the threshold has no steps to it."""


class Result(NamedTuple):
    """One variant."""

    name: str
    parameters: int
    active: int
    flops: int
    """Of one example, forward."""
    cache: int
    """Bytes per token."""
    state: int
    """Bytes, however many tokens."""
    loss: Spread | None
    """On held-out examples, where it was measured last."""
    best: Spread | None
    """Highest accuracy on held-out examples."""
    steps: Spread | None
    """Updates until the accuracy first reached the threshold; None where no seed did."""
    seconds: Spread | None
    """CPU seconds until then."""
    rate: Spread | None
    """Tokens per CPU second of an update."""


def spread(values: Sequence[float | None]) -> Spread | None:
    """Mean and standard deviation of those that are there."""
    there = [v for v in values if v is not None]
    if not there:
        return None
    return Spread(fmean(there), stdev(there) if len(there) > 1 else 0.0, len(there))


def results(trials: Trials, threshold: float = THRESHOLD, until: int | None = None) -> list[Result]:
    """A row per variant, of what was measured up to a step."""
    until = trials.step if until is None else until
    found = []
    for v, variant in enumerate(trials.variants):
        c, runs = cost(variant.config.model), trials.of(v)
        reached = [reach(trial, threshold, until) for trial in runs]
        found.append(
            Result(
                variant.name,
                c.parameters,
                c.active_parameters,
                flops_per_example(c, lengths(variant.config)),
                BYTES * c.kv_cache_elements_per_token,
                BYTES * c.state_elements,
                spread([last(trial, until) for trial in runs]),
                spread([best(trial, until) for trial in runs]),
                spread(reached),
                spread([spent(t, int(r)) if r is not None else None for t, r in zip(runs, reached, strict=True)]),
                spread([(t.tokens[-1] - t.tokens[0]) / sum(t.seconds) if sum(t.seconds) else None for t in runs]),
            )
        )
    return found


def spent(trial: Trial, step: int) -> float | None:
    """CPU seconds up to a step; None where some of them were spent before the comparison."""
    before = trial.step - len(trial.seconds)
    return sum(trial.seconds[:step]) if before == 0 else None


def last(trial: Trial, until: int) -> float | None:
    """The newest loss on held-out examples up to a step that is a number: before a run diverges it may be none."""
    seen = [m.validation_loss for m in trial.metrics if m.step <= until and m.validation_loss is not None]
    return next((loss for loss in reversed(seen) if math.isfinite(loss)), None)


def best(trial: Trial, until: int) -> float | None:
    """The highest accuracy on held-out examples up to a step."""
    return max(
        (m.validation_accuracy for m in trial.metrics if m.step <= until and m.validation_accuracy is not None),
        default=None,
    )


def reach(trial: Trial, threshold: float, until: int) -> float | None:
    """The first step at which the accuracy on held-out examples was at the threshold."""
    for m in trial.metrics:
        if m.step <= until and m.validation_accuracy is not None and m.validation_accuracy >= threshold:
            return float(m.step)
    return None


def updates(trials: Trials) -> Iterator[str]:
    """Every update of every run as CSV: variant, seed, and its metrics; a run at a time."""
    for i, trial in enumerate(trials.trials):
        who = {"variant": trials.variants[trial.variant].name, "seed": trial.seed}
        rows = pd.DataFrame([who | m._asdict() for m in trial.metrics], columns=[*who, *Metrics._fields])
        yield rows.to_csv(index=False, header=i == 0)


class Band(NamedTuple):
    """A curve over seeds."""

    steps: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def band(runs: Sequence[Trial], name: str) -> Band:
    """A metric of one variant at the steps that all its seeds have: mean, lowest and highest."""
    each = [{m.step: getattr(m, name) for m in trial.metrics if getattr(m, name) is not None} for trial in runs]
    steps = sorted(set.intersection(*(set(one) for one in each))) if each else []
    values = np.array([[one[s] for s in steps] for one in each], dtype=float)
    if not steps:
        empty = np.zeros(0)
        return Band(empty, empty, empty, empty)
    return Band(np.array(steps), values.mean(0), values.min(0), values.max(0))
