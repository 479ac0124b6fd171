"""Jobs that need nothing of a session, so that any worker may compute them: those that run here for somebody
elsewhere, and those that run elsewhere for the sessions of this worker.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from playground.comparison.runner import REMOTE
from playground.visitors.jobs import Remote
from playground.wording import stopped
from playground.workers import protocol as p
from playground.workers.scheduler import Scheduler, Turn

Heard = Callable[[dict[str, Any]], None]


class RemoteJobs:
    """Of one worker. `send` takes a message for the page, `scheduler` gives turns to what runs here."""

    def __init__(self, send: Callable[[p.Message], None], scheduler: Scheduler):
        self.send, self.scheduler = send, scheduler
        self.running: dict[str, tuple[Any, Turn]] = {}
        """What runs here."""
        self.listening: dict[str, Heard] = {}
        """Who listens, of the sessions of this worker."""
        self.count = 0

    def anywhere(self, session: str, kind: str, spec: dict[str, Any], payload: bytes, heard: Heard) -> Remote:
        """Let a job of a session be computed by any worker; `heard` is told what it reports."""
        self.count += 1
        job = f"{session}.{os.getpid()}.{self.count}"
        self.listening[job] = heard
        self.send(p.Begin(job, kind, spec, payload))
        return Handle(self, job)

    def report(self, m: p.Report) -> None:
        """What a job reports that runs elsewhere."""
        heard = self.listening.get(m.job)
        if heard is None:
            self.send(p.End(m.job))  # nobody waits for it any more
            return
        if m.data.get("ended"):
            self.listening.pop(m.job, None)
        heard(m.data | ({"file": m.body} if m.body else {}))

    def begin(self, m: p.Begin) -> None:
        """Compute somebody's job here."""

        def tell(data: dict[str, Any]) -> None:
            self.send(p.Report(m.job, data, data.pop("file", b"")))

        try:
            job = REMOTE[m.kind](m.spec, m.body, tell)
        except Exception as error:
            traceback.print_exc()
            tell({"error": f"{type(error).__name__}: {error!s:.200}", "ended": True})
            return
        steps = job.steps()
        turn = Turn(partial(self._step, m.job, steps))
        self.running[m.job] = (job, turn)
        self.scheduler.add(turn)

    def _step(self, name: str, steps: Any) -> bool:
        try:
            next(steps)
            return True
        except StopIteration:
            return False
        except Exception as error:
            traceback.print_exc()
            self.send(p.Report(name, {"error": stopped(error), "ended": True}))
            self.running.pop(name, None)
            return False

    def order(self, m: p.Order) -> None:
        """Tell a job that runs here what to do."""
        job, turn = self.running.get(m.job, (None, None))
        if job is None or turn is None:
            return
        try:
            job.order(m.do, **m.what)
        except Exception as error:
            traceback.print_exc()
            self.send(p.Report(m.job, {"error": f"{error!s:.200}"}))
        turn.rests = 0.0

    def end(self, m: p.End) -> None:
        """Compute a job no further."""
        _, turn = self.running.pop(m.job, (None, None))
        if turn is not None:
            self.scheduler.remove(turn)


class Handle:
    """A remote job as its session holds it."""

    def __init__(self, jobs: RemoteJobs, job: str):
        self.jobs, self.job = jobs, job

    def order(self, do: str, **what: Any) -> None:
        """Tell it what to do."""
        self.jobs.send(p.Order(self.job, do, what))

    def close(self) -> None:
        """End it; what it still says is not heard."""
        if self.jobs.listening.pop(self.job, None) is not None:
            self.jobs.send(p.End(self.job))
