"""Remote jobs without workers: they run here, a slice each in turn, and what crosses a pipe elsewhere is JSON here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from playground.comparison.runner import REMOTE
from playground.visitors.session import Session


class LocalRemote:
    """A job as its session holds it. `orders` are all that it was given."""

    def __init__(self, kind: str, spec: dict[str, Any], payload: bytes, heard: Callable[[dict[str, Any]], None]):
        self.spec, self.heard, self.open = spec, heard, True
        self.orders: list[str] = []
        self.reports: list[tuple[bytes, bytes]] = []
        self.job = REMOTE[kind](orjson.loads(orjson.dumps(spec)), payload, self._tell)
        self.steps = self.job.steps()

    def order(self, do: str, **what: Any) -> None:
        self.orders.append(do)
        if self.open:
            self.job.order(do, **orjson.loads(orjson.dumps(what)))

    def close(self) -> None:
        self.open = False

    def die(self) -> None:
        """As its worker would."""
        self.open = False
        self.heard({"ended": True})

    def _tell(self, report: dict[str, Any]) -> None:
        file = report.pop("file", b"")
        self.reports.append((orjson.dumps(report), file))


class LocalAnywhere:
    """Begins remote jobs; `room` is how many it takes."""

    def __init__(self, room: int = 100):
        self.room = room
        self.jobs: list[LocalRemote] = []

    def __call__(
        self, kind: str, spec: dict[str, Any], payload: bytes, heard: Callable[[dict[str, Any]], None]
    ) -> LocalRemote:
        if len(self.open) >= self.room:
            raise ValueError("There is no room.")
        self.jobs.append(LocalRemote(kind, spec, payload, heard))
        return self.jobs[-1]

    @property
    def open(self) -> list[LocalRemote]:
        """Those that were not closed."""
        return [job for job in self.jobs if job.open]

    def advance(self) -> None:
        """A slice of each, then what they have to say."""
        for job in self.open:
            next(job.steps, None)
        for job in self.open:
            reports, job.reports = job.reports, []
            for report, file in reports:
                if job.open:
                    job.heard(orjson.loads(report) | ({"file": file} if file else {}))

    def until(self, there: Callable[[], Any], slices: int = 5000) -> None:
        """Advance until it is so."""
        for _ in range(slices):
            if there():
                return
            self.advance()
        raise AssertionError("It never came to be so.")


def live(session: Session, anywhere: LocalAnywhere, there: Callable[[], Any], slices: int = 5000) -> None:
    """Advance what a session computes, here and elsewhere, until it is so."""

    def and_on() -> bool:
        for job in list(session.jobs.running.values()):
            session.jobs.advance(job)
        return bool(there())

    anywhere.until(and_on, slices)
