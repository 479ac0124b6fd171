"""A session at home in a worker: what its page has been told, what it may be told next, and when it is written down."""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator
from typing import Any

import orjson

from playground import acts
from playground.visitors.jobs import Anywhere
from playground.visitors.session import Session
from playground.workers.scheduler import HIDDEN, IDLE, REST, Turn

AHEAD = 2  # frames that the page has not drawn yet
HZ = 8.3  # frames per second, at most
CHARTS = 0.7  # seconds between two frames with everything
SAVE, FIRST = 30.0, 2.0  # seconds between two writings of what trains; the first come sooner, each twice as late
PERSIST = {
    "experts": frozenset({"probs", "special", "devices", "costs"}),
    "embeddings": frozenset({"rows", "trail"}),
}
"""View -> fields that some values leave out because they are slow to make: they stay as they were."""
ONCE = frozenset({"tabs", "panels", "label", "download"})
"""Views that are something to do rather than something to show."""


class Resident:
    """`life` and `seq` number what the page is told; `last` is all that it knows, by view."""

    def __init__(self, name: str, life: int, anywhere: Anywhere):
        self.name, self.life, self.anywhere = name, life, anywhere
        self.session: Session | None = None
        self.waking: Generator[None, None, Session] | None = None
        self.waiting: list[Any] = []
        """Messages that arrived while the session was being woken."""
        self.seq = 0
        self.unseen: list[int] = []
        """Numbers of the frames that the page has not drawn yet, as far as is known."""
        self.last: dict[str, dict[str, Any]] = {}
        self.watched = False
        self.owes = False
        """Whether a job has moved on since the last frame."""
        self.ended: set[str] = set()
        """Jobs that are over, whose last picture is owed."""
        self.drawn = self.charted = 0.0
        self.saved, self.saves = time.monotonic(), 0
        self.changed = self.came_to_rest = False
        """Since it was written down; and whether a run has just stopped, the moment to do it."""
        self.problem = ""
        """Why it could not be written down."""
        self.turn = Turn(self.advance)

    # ---- computing ----
    def advance(self) -> bool:
        """A step of the next job, in turn; whether there is more to compute."""
        if self.waking is not None:
            try:
                next(self.waking)
            except StopIteration as done:
                self.session, self.waking = done.value, None
            except Exception:  # a fresh one is better than none
                traceback.print_exc()
                self.session, self.waking = Session(self.anywhere), None
                self.session.notice = "What was kept of this page could not be read, so it begins afresh."
            return True
        assert self.session is not None
        jobs, now = self.session.jobs, time.perf_counter()
        name, job = next(((n, j) for n, j in jobs.running.items() if j.rests <= now), ("", None))
        if job is None:
            return bool(jobs)
        jobs.advance(job)
        if name != "train" or (self.session.run is not None and self.session.run.step):
            self.turn.shown()  # there is something to draw, whenever its page comes to look
        took = time.perf_counter() - now
        self.owes = self.changed = True
        if name not in jobs:
            self.ended.add(name)
            self.came_to_rest = True
        elif took < IDLE:
            job.rests = now + REST
        if name in jobs and len(jobs.running) > 1:  # the others' turn
            jobs.running[name] = jobs.running.pop(name)
        return bool(jobs)

    def hide(self, hidden: bool) -> None:
        """A tab that nobody sees computes more slowly."""
        self.turn.weight = HIDDEN if hidden else 1.0
        if hidden:
            self.turn.shown()  # nobody waits for a picture

    @property
    def training(self) -> bool:
        """Whether something computes that a visitor would miss."""
        return self.session is not None and bool({"train", "compare", "words"} & set(self.session.jobs.running))

    @property
    def live(self) -> bool:
        """Whether anything computes, so that frames will follow."""
        return self.session is not None and bool(self.session.jobs)

    # ---- telling ----
    def begin(self) -> None:
        """A page opens: it knows nothing, and holds no stream yet."""
        self.seq, self.unseen, self.last, self.watched = 0, [], {}, False

    def told(self, update: acts.Update, *, whole: bool = False) -> bytes:
        """A message with what is new of these values. `whole`: all that there is to know."""
        values: dict[str, dict[str, Any]] = {}
        for view, value in update.items():
            if not isinstance(value, dict):
                continue
            if view in ONCE:
                values[view] = value
                continue
            known, left = self.last.get(view, {}), PERSIST.get(view, frozenset())
            gone = {field: None for field in known if field not in value and field not in left}
            now = gone | value  # a field that a value leaves out is none
            new = {field: v for field, v in now.items() if field not in known or known[field] != v}
            self.last[view] = known | now
            if new:
                values[view] = new
        self.seq += 1
        if whole:
            values = self.last | {view: value for view, value in values.items() if view in ONCE}
        assert self.session is not None
        message = {
            "life": self.life,
            "seq": self.seq,
            "whole": whole,
            "answers": self.session.answered,
            "live": self.live,
            "values": values,
        }
        return orjson.dumps(message, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)

    def due(self, now: float) -> bool:
        """Whether a frame is to be drawn: something moved, somebody looks, and what was sent has been seen."""
        pending = self.owes or bool(self.ended)
        if not (pending and self.watched and self.session is not None and len(self.unseen) < AHEAD):
            return False
        return bool(self.ended) or now - self.drawn >= 1 / HZ

    def frame(self, now: float) -> bytes:
        """The picture of what computes, on the page in sight."""
        session = self.session
        assert session is not None
        charts = bool(self.ended) or now - self.charted >= CHARTS
        update: acts.Update = {}
        for name in (*session.jobs.running, *sorted(self.ended)):
            update |= acts.frame(session, name, charts)
        update = update or acts.said(session)
        self.charted = now if charts else self.charted
        body = self.told(update)
        self.sent(now)
        return body

    def sent(self, now: float) -> None:
        """A frame is on its way."""
        self.owes, self.drawn = False, now
        self.ended.clear()
        self.unseen.append(self.seq)

    def seen(self, seq: int) -> None:
        """The page has drawn this message, and so all before it."""
        self.unseen = [each for each in self.unseen if each > seq]

    def keep_due(self, now: float) -> bool:
        """Whether it is to be written down."""
        rest, self.came_to_rest = self.came_to_rest, False
        trials = self.session.compare.trials if self.session is not None else None
        fresh = trials is not None and trials.fresh
        if trials is not None and fresh:
            trials.unwritten, self.changed = False, True  # where the disk takes nothing, the next time is as for others
        late = now - self.saved >= min(SAVE, FIRST * 2 ** min(self.saves, 8))
        return self.changed and self.session is not None and (rest or late or fresh)
