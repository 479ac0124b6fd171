"""Who computes next in a worker: turns go by computing time used, so that everybody gets the same share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

SLICE = 0.03  # seconds of one turn
LEAD = 3.0  # seconds of computing that one whose first picture is awaited may be ahead of the others
IDLE = 1e-4  # a slice shorter than this has only looked whether there is something to do
REST = 0.004  # seconds until such a job is asked again
HIDDEN = 4.0  # how much dearer the time of a tab that nobody sees is


@dataclass(eq=False)
class Turn:
    """One who computes: `advance` is one step of it, and says whether there is more to come."""

    advance: Callable[[], bool]
    used: float = 0.0
    """Seconds of computing so far, weighed; a newcomer begins where the others are."""
    weight: float = 1.0
    lead: float = 0.0
    """Up to which `used` it goes first: a press has begun it, and there is nothing to draw yet."""
    began: float = 0.0
    rests: float = 0.0
    """When it is to be asked again."""

    @property
    def fresh(self) -> bool:
        """Whether its first update is awaited."""
        return self.used < self.lead

    def shown(self) -> None:
        """Its first update is there."""
        self.lead = 0.0


class Scheduler:
    """Turns of one thread."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.turns: list[Turn] = []

    def add(self, turn: Turn) -> None:
        """Let somebody compute from now on; harmless if they do."""
        if turn not in self.turns:
            turn.used = max(turn.used, min((other.used for other in self.turns), default=turn.used))
            self.turns.append(turn)
        if not turn.fresh:
            turn.lead, turn.began = turn.used + LEAD, self.clock()
        turn.rests = 0.0

    def remove(self, turn: Turn) -> None:
        """Nobody's turn; harmless if it is not there."""
        if turn in self.turns:
            self.turns.remove(turn)

    def next(self) -> Turn | None:
        """Whose turn it is, if anybody has something to do. Those whose first picture is awaited come first, one after
        the other: were they to share, all would wait for as long as the last.
        """
        now = self.clock()
        ready = [turn for turn in self.turns if turn.rests <= now]
        least = min((turn.used for turn in ready), default=0.0)

        def rank(turn: Turn) -> tuple[bool, float]:
            fresh = turn.fresh and turn.used < least + LEAD  # or pressing again and again would be a way
            return not fresh, turn.began if fresh else turn.used

        return min(ready, key=rank, default=None)

    def wait(self) -> float | None:
        """Seconds until somebody may have something to do; None for nobody."""
        now = self.clock()
        return min((max(0.0, turn.rests - now) for turn in self.turns), default=None)

    def run(self, turn: Turn) -> bool:
        """One turn: steps for about `SLICE` seconds; whether there is more to come."""
        began = now = self.clock()
        more = True
        while more and now - began < SLICE:
            before = now
            more = turn.advance()
            now = self.clock()
            if more and now - before < IDLE:
                turn.rests = now + REST
                break
        turn.used += turn.weight * (now - began)
        if not more:
            self.remove(turn)
        return more
