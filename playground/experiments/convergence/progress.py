"""RoFormer's claim that rotary positions learn faster (Su et al. 2021, arXiv:2104.09864): with a masked language model
in sec. 4.2, with a causal one in sec. 4.4.

There BERT and a 12-layer Performer; here two layers and Python's help texts, all schemes with the same seeds, batches
and unseen texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from pydantic import model_validator
from typing_extensions import Self

from models.architecture import Topology
from models.config import Config, knob
from playground.experiments.base import NAMES, SchemeName, check_once, schemes_knob, seed_knob, text_run
from playground.runs.run import Diverged, Run

EVERY = 20  # steps between two looks at unseen texts
UNSEEN = 128  # of them
TOPOLOGIES: dict[str, Topology] = {"causal": "decoder-only", "masked": "encoder-only"}
PAPER = ("Su et al. 2021", "https://arxiv.org/abs/2104.09864")


class Convergence(Config):
    """What is trained, and how often."""

    objective: Literal["causal", "masked"] = knob(
        "causal",
        "Objective",
        "Causal: predict the next character. Masked: fill in a quarter of them, seeing both sides.",
        paper=PAPER,
    )
    schemes: tuple[SchemeName, ...] = schemes_knob(
        ("sinusoidal", "learned", "RoPE", "none"), "Each is trained once with every seed."
    )
    seeds: int = knob(3, "Seeds", "Runs of each scheme: their range is the shaded band.", ge=1, le=20, most=5)
    steps: int = knob(300, "Steps", "Updates of each run.", ge=EVERY, le=5000, most=600, multiple_of=EVERY, step=EVERY)
    length: int = knob(
        64, "Context", "Characters of one text.", ge=8, le=256, most=128, multiple_of=8, step=8, unit="characters"
    )
    seed: int = seed_knob()

    @model_validator(mode="after")
    def _once(self) -> Self:
        check_once(self.schemes, "schemes")
        return self


class Curve(NamedTuple):
    """One run: its loss on the unseen texts after 0, 20, 40 ... updates, in nats per character."""

    scheme: str
    """As the page says it."""
    seed: int
    losses: tuple[float, ...]
    stopped: str = ""
    """Why it ended early, if it did."""


class Progress(NamedTuple):
    """What is known so far."""

    config: Convergence
    curves: tuple[Curve, ...] = ()
    step: int = 0
    """Updates that every run has behind it."""
    done: float = 0.0
    """Share of the work, 0 to 1."""

    def told(self) -> int:
        """At how many places of the grid every run that goes on has been looked at."""
        return min((len(c.losses) for c in self.curves if not c.stopped), default=0)


def convergence(config: Convergence) -> Iterator[Progress]:
    """Train all runs side by side, an update of each in turn; yields after every update."""
    now = Progress(config)
    yield now
    runs: list[Run] = []
    for seed in range(config.seed, config.seed + config.seeds):
        for scheme in config.schemes:
            topology = TOPOLOGIES[config.objective]
            asked = text_run(
                scheme,
                topology=topology,
                length=config.length,
                steps=config.steps,
                seed=seed,
                evaluate_every=EVERY,
                examples=UNSEEN,
            )
            runs.append(Run(asked))
            first = runs[-1].history.metrics[0].validation_loss or 0.0
            now = now._replace(curves=(*now.curves, Curve(NAMES[scheme], seed, (first,))))
            yield now
    for step in range(config.steps):
        for i, run in enumerate(runs):
            if not run.diverged:
                now = now._replace(curves=_advanced(now.curves, i, run))
            yield now._replace(step=step, done=(step * len(runs) + i + 1) / (config.steps * len(runs)))
        now = now._replace(step=step + 1, done=(step + 1) / config.steps)
    yield now


def _advanced(curves: tuple[Curve, ...], i: int, run: Run) -> tuple[Curve, ...]:
    """The curves after one more update of run i; they change only where unseen texts were looked at."""
    try:
        seen = run.advance().validation_loss
    except Diverged as error:
        return (*curves[:i], curves[i]._replace(stopped=str(error)), *curves[i + 1 :])
    if seen is None:
        return curves
    return (*curves[:i], curves[i]._replace(losses=(*curves[i].losses, seen)), *curves[i + 1 :])
