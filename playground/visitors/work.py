"""One visitor's experiment: its settings, and what is known so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from models.config import Config
from playground.experiments import convergence, cost, extrapolation
from playground.settings.edited import Edited
from playground.visitors.jobs import Steps

SECONDS = 240.0  # of computing, for one press of Run


class Experiment(NamedTuple):
    """What an experiment takes, what computes it, and what is known of it on the way."""

    config: type[Config]
    start: Callable[[Any], Iterator[Any]]
    progress: type[Any]


EXPERIMENTS = {
    "length": Experiment(extrapolation.Extrapolation, extrapolation.extrapolation, extrapolation.Progress),
    "convergence": Experiment(convergence.Convergence, convergence.convergence, convergence.Progress),
    "cost": Experiment(cost.AttentionCost, cost.attention_cost, cost.Progress),
}
"""By the name of their tab."""


class Work:
    """`start` makes the generator that computes; each thing it yields is all that is known by then."""

    def __init__(self, first: Config, start: Callable[[Any], Iterator[Any]]):
        self.edited: Edited[Any] = Edited(first)
        self.start, self.sent = start, 0
        self.progress: Any = None
        self.said, self.tone = "", ""

    @classmethod
    def of(cls, name: str) -> Work:
        """That of an experiment."""
        found = EXPERIMENTS[name]
        return cls(found.config(), found.start)

    def plain(self) -> Any:
        """What is known, as plain values; None where nothing is."""
        now = self.progress
        return TypeAdapter(type(now)).dump_python(now, mode="json") if now is not None else None

    def take(self, name: str, plain: Any, said: str, tone: str) -> None:
        """The same again of the experiment of that name, and what was said of it. Raises ValueError for another."""
        self.progress = TypeAdapter(EXPERIMENTS[name].progress).validate_python(plain)
        self.said, self.tone = said, tone
        self.halt()

    def begin(self) -> Steps:
        """Forget what was found, and compute until it is done or the budget is used."""
        self.said, self.tone, self.progress = "", "", None
        return self._steps(self.start(self.edited.config))

    def _steps(self, steps: Iterator[Any]) -> Steps:
        used = 0.0
        try:
            while used <= SECONDS:
                yield
                began = time.thread_time()
                self.progress = next(steps)
                used += time.thread_time() - began
            self.said = f"Stopped after {SECONDS / 60:.0f} minutes, the limit of one run on this page."
        except StopIteration:
            self.said = "Done."
        except ValueError as error:
            self.said, self.tone = str(error), "error"
        finally:
            steps.close()  # type: ignore[attr-defined]  # a generator

    def halt(self) -> None:
        """It was ended by hand."""
        self.said = self.said or "Stopped: these are the numbers so far."

    def failed(self, sentence: str) -> None:
        """An error that nobody expected ended it."""
        self.said, self.tone = f"{sentence.rstrip('.')}. Change a setting and run it again.", "error"
