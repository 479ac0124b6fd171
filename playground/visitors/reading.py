"""What one visitor has on the Checkpoints page: what they asked for, what of it is there, and where they look in it."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from models import Output
from playground.checkpoints.fetch import Cancelled
from playground.checkpoints.opened import Opened
from playground.checkpoints.opening import opening, seen
from playground.checkpoints.passage import CHARACTERS
from playground.interventions.ablation import Ablation
from playground.runs.history import Snapshot
from playground.runs.probe import Probe
from playground.settings import presets
from playground.visitors.jobs import Failed, Jobs, Steps
from playground.visitors.session import Posed, Session
from playground.visitors.shelf import Kept

PREFIX = "checkpoint "
"""Of the names of jobs that compute on a checkpoint."""
PATIENCE = 30.0  # seconds that a session waits to be moved to the process of checkpoints; then it opens where it is


class Part(Jobs):
    """Jobs among those of a whole, under names of their own."""

    def __init__(self, whole: Jobs):
        super().__init__()
        self.whole = whole

    def begin(self, name: str, steps: Steps, failed: Failed, *, of_run: bool = False) -> None:
        self.whole.begin(PREFIX + name, steps, failed)

    def cancel(self, name: str) -> None:
        self.whole.cancel(PREFIX + name)

    def leave_run(self) -> None:
        self.clear()

    def clear(self) -> None:
        for name in [name for name in self.whole.running if name.startswith(PREFIX)]:
            self.whole.cancel(name)

    def __contains__(self, name: str) -> bool:
        return self.whole.running.get(PREFIX + name) is not None


class Reader(Session):
    """A session whose run is a checkpoint: what the lenses read, with choices of its own."""

    longest_probe = CHARACTERS

    def __init__(self, jobs: Jobs, run: Opened):
        super().__init__()
        self.jobs, self.listing, self.held = Part(jobs), run.listing, run.held
        self.seat(Kept(0, presets.FIRST, run))
        self.probe_text = run.text
        self.seen: tuple[Probe, Ablation | None] | None = None
        self.picture: Snapshot | None = None
        self.passes: dict[int, Output] = {}

    def _afresh(self) -> None:
        """Forget what was computed of another text, or with another part ablated."""
        now = (self.seen_through()[0], self.ablation)
        if self.seen is None or any(one is not other for one, other in zip(self.seen, now, strict=True)):
            self.seen, self.picture, self.passes = now, None, {}

    def look(self) -> Snapshot:
        """The newest picture is kept: a pass through a large model takes a second."""
        self._afresh()
        self.picture = self.picture or super().look()
        return self.picture

    def posed(self) -> Posed:
        self._afresh()
        return super().posed()._replace(passes=self.passes)

    def bytes(self) -> int:
        """What its model holds in memory, for all who have it open."""
        return sum(p.numel() * p.element_size() for p in self.start().model.parameters())

    def probes(self, *, own: bool = False) -> list[list[str]]:
        """The page has one text for all lenses."""
        return []


def asking(session: Session) -> Steps:
    """What a name holds, before anything large is fetched."""
    desk = session.desk
    desk.listing, desk.said, desk.stage = None, "", "asking"
    try:
        desk.listing = yield from seen(desk.name, desk.revision)
        desk.stage = "found"
    except ValueError as error:
        refused(session, str(error))


def opened(session: Session) -> Steps:
    """Bring, load and look. What is open stays until the new one has its place."""
    desk = session.desk
    desk.said, desk.stage, desk.done = "", "waiting", 0.0
    try:
        desk.listing = desk.listing or (yield from seen(desk.name, desk.revision))
        until = time.monotonic() + PATIENCE
        while not session.apart and time.monotonic() < until:
            yield
        run = yield from opening(desk.listing, _progress(session))
        desk.stage = "looking"
        yield
        desk.reader = Reader(session.jobs, run)
        yield from read(session)
        desk.stage = "open"
    except ValueError as error:
        refused(session, str(error))
    except Cancelled:
        desk.stage = "open" if desk.reader is not None else "found"


def _progress(session: Session) -> Any:
    desk = session.desk

    def told(done: int, size: int, rate: float) -> None:
        desk.stage = "loading" if done >= size else "fetching"
        desk.done, desk.rate = done / max(1, size), rate

    return told


def refused(session: Session, sentence: str) -> None:
    """Say why; what is open stays so."""
    desk = session.desk
    desk.said = sentence
    desk.stage = "open" if desk.reader is not None else "found" if desk.listing is not None else ""


def read(session: Session) -> Generator[None, None, None]:
    """Look at the text of the desk; what cannot be read is said, and the one before stays."""
    desk, reader = session.desk, session.desk.reader
    if reader is None:
        return
    desk.wrong = ""
    try:
        if desk.text:
            reader.use_probe("own", desk.text)
    except ValueError as error:
        desk.wrong = str(error)
    yield
    reader.look()
