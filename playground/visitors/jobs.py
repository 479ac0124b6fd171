"""What computes for a visitor: jobs, which the worker that their session lives in advances a slice at a time."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from playground.wording import stopped

Failed = Callable[[str], None]
Steps = Iterator[None]
"""Each `next` computes for a short while, at most about 50 ms where the model allows it; closing it ends the job."""


@dataclass(eq=False)
class Job:
    """One thing that computes. `failed` is told the sentence of an error that nobody expected."""

    name: str
    steps: Steps
    failed: Failed
    of_run: bool = False
    """Whether it is about the run of the page, so that it ends when another takes its place."""
    rests: float = 0.0
    """When it is to be asked again, by the clock of whoever advances it; for a job that waits for something."""


@dataclass
class Jobs:
    """The jobs of one session by name; a new one takes the place of the one before it."""

    running: dict[str, Job] = field(default_factory=dict)

    def begin(self, name: str, steps: Steps, failed: Failed, *, of_run: bool = False) -> None:
        """Let these steps be computed from now on."""
        self.cancel(name)
        self.running[name] = Job(name, steps, failed, of_run)

    def cancel(self, name: str) -> None:
        """End a job where it stands; harmless if there is none."""
        job = self.running.pop(name, None)
        if job is not None:
            job.steps.close()  # type: ignore[attr-defined]

    def leave_run(self) -> None:
        """Another run takes the page: end what is about the one before."""
        for job in [job for job in self.running.values() if job.of_run]:
            self.cancel(job.name)

    def clear(self) -> None:
        """End all of them."""
        for name in list(self.running):
            self.cancel(name)

    def __contains__(self, name: str) -> bool:
        return name in self.running

    def __bool__(self) -> bool:
        return bool(self.running)

    def advance(self, job: Job) -> None:
        """One slice of a job; its end, and any error, end the job alone."""
        try:
            next(job.steps)
        except StopIteration:
            self._over(job)
        except Exception as error:  # a page must say it, whatever it is
            self._over(job)
            traceback.print_exc()
            try:
                job.failed(stopped(error))
            except Exception:  # the others' jobs go on
                traceback.print_exc()

    def _over(self, job: Job) -> None:
        if self.running.get(job.name) is job:
            del self.running[job.name]


class Remote(Protocol):
    """A job that runs on any worker: it hears orders, and what it has to say arrives at `heard`."""

    def order(self, do: str, **what: Any) -> None: ...
    def close(self) -> None: ...


class Anywhere(Protocol):
    """Begins remote jobs. `heard` is called with every report, and with {"ended": True} where the job's worker died."""

    def __call__(
        self, kind: str, spec: dict[str, Any], payload: bytes, heard: Callable[[dict[str, Any]], None]
    ) -> Remote: ...


def nowhere(kind: str, spec: dict[str, Any], payload: bytes, heard: Callable[[dict[str, Any]], None]) -> Remote:
    """For a session that lives in no worker."""
    raise ValueError("There are no workers here: this runs in the app alone.")
