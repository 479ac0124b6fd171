"""RoFormer's claim that rotary positions learn faster (Su et al. 2021, arXiv:2104.09864): with a masked language model
in sec. 4.2, with a causal one in sec. 4.4.

There BERT and a 12-layer Performer; here two layers and Python's help texts, all schemes with the same seeds, batches
and held-out texts.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Literal, NamedTuple

import torch
from pydantic import model_validator
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import Self

from models.architecture import Topology
from models.config import Config, knob
from playground.experiments.base import (
    FEWEST,
    NAMES,
    NEVER,
    SchemeName,
    check_once,
    schemes_knob,
    seed_knob,
    text_run,
)
from playground.runs.run import VALIDATION_SEED, Diverged, Run
from playground.tasks.base import IGNORE, Batch
from playground.tasks.forward import forward, parts, to

EVERY = 20  # steps between two looks at held-out texts
UNSEEN = 128  # of them
TOKENS = 1024  # of them that are read at once: an update's time
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
    """One run: its loss on the held-out texts after 0, 20, 40 ... updates, in nats per character."""

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
    """Train all runs side by side, an update of each in turn; yields after every update, and while it reads."""
    now = Progress(config)
    yield now
    runs: list[Run] = []
    held_out: list[Batch] = []
    for seed in range(config.seed, config.seed + config.seeds):
        for scheme in config.schemes:
            topology = TOPOLOGIES[config.objective]
            asked = text_run(
                scheme,
                topology=topology,
                length=config.length,
                steps=config.steps,
                seed=seed,
                evaluate_every=NEVER,  # the looks at held-out texts are taken apart here
                examples=FEWEST,
            )
            runs.append(Run(asked))
            yield now
            held_out = held_out or held_out_parts(runs[0])
            loss = yield from _read(now, runs[-1], held_out)
            now = now._replace(curves=(*now.curves, Curve(NAMES[scheme], seed, (loss,))))
            yield now
    for step in range(config.steps):
        for i, run in enumerate(runs):
            if not run.diverged:
                now = yield from _advanced(now, i, run, held_out)
            now = now._replace(step=step, done=(step * len(runs) + i + 1) / (config.steps * len(runs)))
            yield now
        now = now._replace(step=step + 1, done=(step + 1) / config.steps)
    yield now


def held_out_parts(run: Run) -> list[Batch]:
    """The held-out texts that all runs are read with, a few at a time."""
    drawn = torch.Generator().manual_seed(VALIDATION_SEED)
    whole = to(run.task.batch(UNSEEN, drawn, run.topology, split="validation"), run.place.device)
    few = max(1, TOKENS // whole.ids_BT.shape[1])
    return list(parts(whole, few))


def _read(now: Progress, run: Run, held_out: Sequence[Batch]) -> Generator[Progress, None, float]:
    """Nats per scored character of the held-out texts."""
    losses: list[Tensor] = []
    scored = 0
    for part in held_out:
        with torch.no_grad(), run.precision.route():
            logits_BTV = forward(run.model, part).logits_BTV.float()
            losses.append(F.cross_entropy(logits_BTV.mT, part.targets_BT, ignore_index=IGNORE, reduction="none"))
        scored += int((part.targets_BT != IGNORE).sum())
        yield now
    return float(torch.cat(losses).sum() / scored)


def _advanced(now: Progress, i: int, run: Run, held_out: Sequence[Batch]) -> Generator[Progress, None, Progress]:
    """After one more update of run i; its curve grows where held-out texts are looked at."""
    curve = now.curves[i]
    try:
        run.advance()
    except Diverged as error:
        curve = curve._replace(stopped=str(error))
    else:
        if run.step % EVERY:
            return now
        loss = yield from _read(now, run, held_out)
        curve = curve._replace(losses=(*curve.losses, loss))
    return now._replace(curves=(*now.curves[:i], curve, *now.curves[i + 1 :]))
