"""What a worker does with a session, in a test: it lets its jobs compute."""

from __future__ import annotations

import time
from typing import Any


def finish(session: Any, name: str, slices: int = 10_000) -> None:
    """Advance a job until it is over; harmless where there is none."""
    while name in session.jobs and slices:
        session.jobs.advance(session.jobs.running[name])
        slices -= 1
    assert slices, f"{name} does not end"


def advance(session: Any, name: str, slices: int = 1) -> None:
    """Some slices of a job that goes on."""
    for _ in range(slices):
        session.jobs.advance(session.jobs.running[name])


def settle(session: Any, seconds: float = 60) -> None:
    """Let all jobs compute until none is left; some of them wait for threads."""
    until = time.monotonic() + seconds
    while session.jobs:
        for job in list(session.jobs.running.values()):
            session.jobs.advance(job)
        assert time.monotonic() < until, f"{list(session.jobs.running)} do not end"
        time.sleep(0.001)
