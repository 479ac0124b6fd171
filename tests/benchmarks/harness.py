"""Compare the CPU time of callables fairly: interleaved, in one process, on one thread, with medians and quartiles."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median, quantiles
from typing import NamedTuple

import torch

SHORTEST = 5e-3  # seconds: a sample is repeated until it lasts this long, far above the clock's resolution


class Case(NamedTuple):
    """Callables that do the same work in different ways; `peer` names the one that the others are compared with.

    With `peers`, the peer is the fastest of the candidates whose names begin with one of these.
    """

    title: str
    peer: str
    candidates: Mapping[str, Callable[[], object]]
    peers: tuple[str, ...] = ()


class Spread(NamedTuple):
    """The first quartile, the median and the third quartile."""

    low: float
    median: float
    high: float

    def __format__(self, spec: str) -> str:
        return f"{self.median:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


class Row(NamedTuple):
    """Seconds per call, and the ratio to the peer's call of the same round."""

    name: str
    seconds: Spread
    ratio: Spread


def sample(call: Callable[[], object], times: int, clock: Callable[[], float]) -> float:
    """Seconds per call, over `times` calls."""
    start = clock()
    for _ in range(times):
        call()
    return (clock() - start) / times


def measure(case: Case, *, rounds: int = 30, clock: Callable[[], float] = time.process_time) -> Iterator[Row]:
    """One row per candidate, in the order given. Each round times all of them, in an order of its own.

    Raises ValueError if the peer is not among the candidates, or if there are fewer than two rounds.
    """
    rivals = [name for name in case.candidates if name.startswith(case.peers)] if case.peers else [case.peer]
    if not rivals or not case.candidates.keys() >= {*rivals} or rounds < 2:
        raise ValueError(f"{case.title}: the peer must be one of {[*case.candidates]}, and there must be two rounds.")
    torch.set_num_threads(1)
    times = {}
    for name, call in case.candidates.items():
        call()  # the first call may compile or allocate
        times[name] = max(1, round(SHORTEST / max(sample(call, 1, clock), 1e-6)))
    order, taken = random.Random(0), {name: [0.0] * rounds for name in case.candidates}
    for turn in range(rounds):
        for name in order.sample([*case.candidates], len(case.candidates)):
            taken[name][turn] = sample(case.candidates[name], times[name], clock)
    peer = min(rivals, key=lambda name: median(taken[name]))
    for name, seconds in taken.items():
        ratios = [mine / theirs for mine, theirs in zip(seconds, taken[peer], strict=True)]
        yield Row(name, Spread(*quantiles(seconds)), Spread(*quantiles(ratios)))


def table(case: Case, rows: Iterator[Row]) -> str:
    """A Markdown table: milliseconds of CPU time per call and the ratio to the peer, each with its quartiles."""
    lines = [f"### {case.title}", "", f"| | CPU ms per call | × {case.peer} |", "|--|--:|--:|"]
    for name, seconds, ratio in rows:
        lines.append(f"| {name} | {Spread(*(1e3 * value for value in seconds)):.3f} | {ratio:.2f} |")
    return "\n".join(lines)
