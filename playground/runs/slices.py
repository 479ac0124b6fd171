"""Computations that are done a slice at a time: generators that return what they found."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")


def whole(steps: Generator[object, None, T]) -> T:
    """All slices at once; what the generator returns. Raises whatever it raises."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def timed(steps: Generator[None, None, T], took: Callable[[float], None]) -> Generator[None, None, T]:
    """The same slices; `took` is told the seconds of computing of each."""
    while True:
        began = time.thread_time()
        try:
            next(steps)
        except StopIteration as done:
            return done.value
        finally:
            took(time.thread_time() - began)
        try:
            yield
        except GeneratorExit:
            steps.close()
            raise
