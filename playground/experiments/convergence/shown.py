"""What convergence shows: a figure, a table, and the sentence that follows from the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from playground.experiments.base import NAMES, SURE, lines, listed, mean_error
from playground.experiments.convergence.progress import EVERY, Convergence, Curve, Progress
from playground.figures import curves as charts
from playground.figures import experiments as drawing
from playground.findings.finding import Finding
from playground.tasks import Text

CLAIMED = "RoPE"  # the scheme whose convergence is in question


def figures(progress: Progress) -> dict[str, charts.Figure]:
    """ "loss": on held-out texts by the step, mean over seeds, the band from the lowest seed to the highest."""
    vocabulary = len(Text(length=progress.config.length).build().vocabulary)
    drawn = [_line(name, curves) for name, curves in _grouped(progress).items()]
    return {"loss": drawing.losses(drawn, steps=progress.config.steps, guess=math.log(vocabulary))}


def _grouped(progress: Progress) -> dict[str, list[Curve]]:
    """The runs of each scheme, those cut short left out."""
    names = [NAMES[scheme] for scheme in progress.config.schemes]
    return {name: [c for c in progress.curves if c.scheme == name and not c.stopped] for name in names}


def _line(name: str, curves: Sequence[Curve]) -> charts.Curve:
    columns = list(zip(*(c.losses for c in curves), strict=False))  # as far as all seeds have come
    return charts.Curve(
        name,
        [EVERY * i for i in range(len(columns))],
        [fmean(column) for column in columns],
        low=[min(column) for column in columns],
        high=[max(column) for column in columns],
        colour=drawing.HUES.get(name, drawing.OTHER),
        width=2.2 if name == CLAIMED else 1.6,
    )


def frame(progress: Progress) -> pd.DataFrame:
    """One row per scheme, seed and look at the held-out texts."""
    rows = [
        {"scheme": c.scheme, "seed": c.seed, "step": EVERY * i, "loss (nats)": loss, "stopped": c.stopped}
        for c in progress.curves
        for i, loss in enumerate(c.losses)
    ]
    return pd.DataFrame(rows, columns=["scheme", "seed", "step", "loss (nats)", "stopped"])


def gaps(progress: Progress, other: str) -> list[float]:
    """How much lower RoPE's loss is than another scheme's, seed by seed, at the last step all have reached: nats."""
    last = progress.told() - 1
    mine, theirs = (
        {c.seed: c.losses[last] for c in progress.curves if c.scheme == name and not c.stopped}
        for name in (CLAIMED, other)
    )
    return [theirs[seed] - mine[seed] for seed in mine if seed in theirs]


def finding(progress: Progress) -> Finding:
    """Whether RoPE is ahead of each other scheme, on how many seeds and by how much, and when it got there."""
    last, grouped = progress.told() - 1, _grouped(progress)
    stopped = [c.stopped for c in progress.curves if c.stopped]
    if last < 1 or len(progress.curves) < len(grouped) * progress.config.seeds:
        sentence = f"All runs learn side by side; every {EVERY} steps each one reads the same held-out texts."
        return Finding("Nothing compared yet", " ".join((sentence, *stopped)))
    step = EVERY * last
    means = {name: fmean(c.losses[last] for c in curves) for name, curves in grouped.items() if curves}
    order = sorted(means, key=lambda name: means[name])
    kind = {"causal": "the next character", "masked": "masked characters"}[progress.config.objective]
    sentences = [
        f"Loss on {kind} of held-out texts at step {step:,}, mean of {_seeds(progress)}: "
        f"{', '.join(f'{name} {means[name]:.3f}' for name in order)} nats."
    ]
    others = [name for name in order if name != CLAIMED and gaps(progress, name)] if CLAIMED in means else []
    sentences += [_against(progress, name) for name in others]
    sentences += _sooner(grouped, means, others, step) + stopped
    return Finding(_title(progress, order, others, step), " ".join(sentences))


def _seeds(progress: Progress) -> str:
    return f"{progress.config.seeds} seeds" if progress.config.seeds > 1 else "one seed"


def _ahead(progress: Progress, name: str) -> int:
    """1: RoPE is ahead of a scheme on every seed and by more than the seeds leave open; -1: behind; 0: neither."""
    found = gaps(progress, name)
    mean, error = mean_error(found)
    sure = len(found) == 1 or abs(mean) > SURE * error
    if sure and all(gap > 0 for gap in found):
        return 1
    return -1 if sure and all(gap < 0 for gap in found) else 0


def _title(progress: Progress, order: Sequence[str], others: Sequence[str], step: int) -> str:
    if not others:
        return f"{order[0]} has the lowest loss at step {step:,}"
    beaten = [name for name in others if _ahead(progress, name) > 0]
    ahead = [name for name in others if _ahead(progress, name) < 0]
    if len(beaten) == len(others):
        least = min(min(gaps(progress, name)) for name in others)
        return f"{CLAIMED} is ahead of {listed(beaten)} on every seed at step {step:,}, by {least:.2f} nats or more"
    if ahead:
        return f"{listed(ahead)} {'is' if len(ahead) == 1 else 'are'} ahead of {CLAIMED} on every seed at step {step:,}"
    if beaten:
        level = [name for name in others if name not in beaten]
        return f"{CLAIMED} is ahead of {listed(beaten)} at step {step:,}, but not clearly of {listed(level)}"
    return f"{CLAIMED} is not clearly ahead at step {step:,}"


def _against(progress: Progress, name: str) -> str:
    found = gaps(progress, name)
    mean, error = mean_error(found)
    spread = f" ± {error:.3f}" if len(found) > 1 else ""
    wins = sum(gap > 0 for gap in found)
    return f"{CLAIMED} against {name}: {mean:+.3f}{spread} nats, ahead on {wins} of {len(found)}."


def _sooner(grouped: dict[str, list[Curve]], means: dict[str, float], others: Sequence[str], step: int) -> list[str]:
    """When RoPE's mean first was as low as the best other scheme's is now."""
    if not others or means[CLAIMED] >= means[others[0]]:
        return []
    columns = zip(*(c.losses for c in grouped[CLAIMED]), strict=False)
    since = next(EVERY * i for i, column in enumerate(columns) if fmean(column) <= means[others[0]])
    return [f"{CLAIMED} had the loss that {others[0]} has at step {step:,} by step {since:,}."]


def python(config: Convergence) -> str:
    """The lines that repeat it."""
    return lines(config, "convergence", "convergence")
