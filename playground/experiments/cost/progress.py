"""What attention costs as texts grow, measured here and now: softmax against linear attention.

One text, one thread, fp32, the attention alone: queries, keys and values are given, no projections. Times are of this
thread, so that other work on the machine lengthens them little; every length and method is timed once a round, so that
what drifts does so for all. Memory is what is really allocated.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from pydantic import model_validator
from typing_extensions import Self

from models.config import Config, knob, refuse
from playground.experiments.cost.memory import peak_bytes
from playground.experiments.cost.methods import METHODS, Shape

FIRST = 64  # tokens of the shortest text
LEAST = 0.002  # seconds of one timing: a shorter pass is repeated within it
ROOM = 200_000_000  # bytes: what would need more for certain is left out
BUDGET = 15.0  # seconds of computing after which no further round begins
PAPER = ("Katharopoulos et al. 2020", "https://arxiv.org/abs/2006.16236")


class AttentionCost(Config):
    """What is measured, up to which length."""

    causal: bool = knob(True, "Causal", "Each query sees the keys before it; else all of them.", paper=PAPER)
    backward: bool = knob(True, "Backward pass", "As in training; else a forward pass alone, as in generation.")
    longest: int = knob(
        4096, "Longest", "Lengths double from 64 up to here.", ge=256, le=1 << 16, most=8192, log=True, unit="tokens"
    )
    heads: int = knob(4, "Heads", "Of the one layer measured.", ge=1, le=64, most=8)
    width: int = knob(64, "Width", "Channels of all heads together.", ge=4, le=4096, most=128, step=4)
    rounds: int = knob(5, "Rounds", "How often everything is timed; the median is drawn.", ge=1, le=100, most=15)

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if self.width % self.heads:
            refuse("heads", f"{self.heads} heads do not divide width {self.width} evenly. Change one of them.")
        return self

    def lengths(self) -> list[int]:
        return [FIRST << i for i in range(int(math.log2(self.longest / FIRST)) + 1)]

    def shape(self, tokens: int) -> Shape:
        return Shape(self.heads, tokens, self.width // self.heads, self.causal, self.backward)


class Point(NamedTuple):
    """One method at one length."""

    method: str
    tokens: int
    seconds: tuple[float, ...]
    """Of one pass, round by round."""
    peak: int
    """Bytes at the highest point, beyond queries, keys and values."""
    least: int
    """The closed form of what the method cannot do without."""


class Progress(NamedTuple):
    """What is known so far."""

    config: AttentionCost
    points: tuple[Point, ...] = ()
    left_out: tuple[tuple[str, int, int], ...] = ()
    """(method, tokens, least bytes) of what would need too much memory."""
    round: int = 0
    """Rounds completed."""
    done: float = 0.0
    """Share of the work, 0 to 1."""


def attention_cost(config: AttentionCost) -> Iterator[Progress]:
    """Measure; yields after every timing, and between the passes that go before the first one."""
    now, spent = Progress(config), 0.0
    yield now
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    cases = [(name, method, config.shape(n)) for n in config.lengths() for name, method in METHODS.items()]
    too_large = [case for case in cases if case[1].least(case[2]) > ROOM]
    cases = [case for case in cases if case not in too_large]
    now = now._replace(left_out=tuple((name, shape.tokens, way.least(shape)) for name, way, shape in too_large))
    for round_ in range(config.rounds):
        if round_ and spent > BUDGET:
            break
        for i, (name, method, shape) in enumerate(cases):
            began = time.thread_time()
            if round_ == 0:
                call = method.call(shape)
                call()  # the first pass also makes what is kept from then on
                spent += time.thread_time() - began
                yield now
                began = time.thread_time()
                peak = peak_bytes(call)
                del call
                spent += time.thread_time() - began
                yield now
                began = time.thread_time()
                now = now._replace(points=(*now.points, Point(name, shape.tokens, (), peak, method.least(shape))))
            point = now.points[i]
            point = point._replace(seconds=(*point.seconds, _seconds(method.call(shape))))
            now = now._replace(points=(*now.points[:i], point, *now.points[i + 1 :]))
            now = now._replace(done=(round_ * len(cases) + i + 1) / (config.rounds * len(cases)))
            spent += time.thread_time() - began
            yield now
        now = now._replace(round=round_ + 1)
    yield now._replace(done=1.0)


def _seconds(call: Callable[[], object]) -> float:
    """Mean of as many passes as take a moment; one more goes before to warm up where they are short."""
    begin = time.thread_time()
    call()
    once = time.thread_time() - begin
    if once > LEAST:
        return once
    passes = min(100, math.ceil(LEAST / max(once, 1e-6)))
    begin = time.thread_time()
    for _ in range(passes):
        call()
    return (time.thread_time() - begin) / passes
