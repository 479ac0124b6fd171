"""Layers that repeat are drawn once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def folded(items: Sequence[T]) -> Iterator[tuple[int, Sequence[T], int]]:
    """(where it begins, pattern, how often): the whole as one pattern, or else run by run of equal items."""
    n = len(items)
    period = next((p for p in range(1, n // 2 + 1) if n % p == 0 and items[:p] * (n // p) == items), 0)  # type: ignore[operator]
    if period:
        yield 0, items[:period], n // period
        return
    at = 0
    while at < n:
        end = next((i for i in range(at, n) if items[i] != items[at]), n)
        yield at, items[at : at + 1], end - at
        at = end
