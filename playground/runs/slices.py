"""Computations that are done a slice at a time: generators that return what they found."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def whole(steps: Generator[object, None, T]) -> T:
    """All slices at once; what the generator returns. Raises whatever it raises."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
