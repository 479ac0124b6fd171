"""How many new visitors come in a minute.

Environment: `PLAYGROUND_ARRIVALS` (new visitors a minute from one address, 300; "none" for any number).
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable

from playground.doors.addresses import household


class Arrivals:
    """How many new visitors may come: so many a minute from one address (a class may share one), and `EVERYBODY` times
    as many from all. Who is in stays in.
    """

    EVERYBODY = 5
    MANY = 10_000  # addresses that are remembered

    def __init__(self, per_minute: float | None = None, clock: Callable[[], float] = time.monotonic):
        self.per_minute = _per_minute() if per_minute is None else per_minute
        self.clock = clock
        self.all = (self.EVERYBODY * self.per_minute, clock())
        self.may_come: dict[str, tuple[float, float]] = {}
        """Address -> (how many may still come, when that was so)."""

    def allow(self, address: str) -> bool:
        """Whether one more may come from this address; it is counted if so."""
        if self.per_minute == math.inf:
            return True
        now, address = self.clock(), household(address)
        mine = self._now(self.may_come.get(address, (self.per_minute, now)), self.per_minute, now)
        everybody = self._now(self.all, self.EVERYBODY * self.per_minute, now)
        if mine < 1 or everybody < 1:
            return False
        self.all, self.may_come[address] = (everybody - 1, now), (mine - 1, now)
        if len(self.may_come) > self.MANY:  # who may come as often as a stranger need not be remembered
            self.may_come = {
                name: one
                for name, one in self.may_come.items()
                if self._now(one, self.per_minute, now) < self.per_minute
            }
        return True

    @staticmethod
    def _now(was: tuple[float, float], most: float, now: float) -> float:
        could, then = was
        return min(most, could + most * max(0.0, now - then) / 60)


def _per_minute() -> float:
    said = os.environ.get("PLAYGROUND_ARRIVALS", "").strip().lower()
    if said == "none":
        return math.inf
    if said and not (said.isascii() and said.isdigit() and int(said)):
        raise ValueError(f"PLAYGROUND_ARRIVALS is {said!r}. Write how many may come in a minute, such as 300, or none.")
    return int(said or 300)
