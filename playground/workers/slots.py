"""A short line for the cores: who may compute now, and who waits in which place."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable


class Slots:
    """`count` tickets hold a slot at once; the others wait in the order they came. At most `longest` may wait."""

    def __init__(self, count: int, longest: int = 24):
        self.count, self.longest = count, longest
        self._lock = threading.Lock()
        self._holding: set[Hashable] = set()
        self._waiting: deque[Hashable] = deque()

    def ask(self, ticket: Hashable) -> int:
        """0 if the ticket holds a slot (now or since before), else its place in the line (1 = next), -1 if the line
        is full.
        """
        with self._lock:
            if ticket in self._holding:
                return 0
            if ticket not in self._waiting:
                if len(self._waiting) >= self.longest:
                    return -1
                self._waiting.append(ticket)
            while self._waiting and len(self._holding) < self.count:
                self._holding.add(self._waiting.popleft())
            return 0 if ticket in self._holding else self._waiting.index(ticket) + 1

    def leave(self, ticket: Hashable) -> None:
        """Give back a slot or a place in the line; harmless if there is none."""
        with self._lock:
            self._holding.discard(ticket)
            if ticket in self._waiting:
                self._waiting.remove(ticket)
