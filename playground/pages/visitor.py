"""One visitor, as the process of the pages knows them."""

from __future__ import annotations

import asyncio
import hashlib
import math
import secrets
import time
from collections.abc import Sequence

from playground.workers import protocol as p
from playground.workers.pool import Worker

SILENT, SILENT_HIDDEN = 45.0, 180.0  # seconds without a sign of life until a tab counts as gone
LEFT = 5.0  # seconds that a tab which said goodbye may take to come back (a reload)
NOTHING = p.Told(0, 0, 0.0, ())


class Refused(Exception):
    """What the visitor is told instead."""


class Visitor:
    """One tab. `page` numbers its page loads; `life` rises with each of them and with each home of its session, as a
    page is then told everything from the beginning.
    """

    def __init__(self, key: str = "") -> None:
        self.key = key or secrets.token_urlsafe(32)
        self.page, self.life = secrets.randbits(32), 0  # a page of an earlier time is none of these
        self.worker: Worker | None = None
        self.moving = asyncio.Lock()
        """Held while the session changes its home: the one thing here that several events wait for."""
        self.going: Sequence[str] = ()
        """What is to go on when it wakes."""
        self.trouble = ""
        """Why it has to be woken, where that is to be said."""
        self.n = self.pressing = 0
        """The newest press, and how many wait for their answers."""
        self.turn = asyncio.Condition()
        self.frames: list[tuple[bool, str]] = []
        self.news = asyncio.Event()
        self.stream = 0
        """Number of the stream that is held; 0 for none."""
        self.live = self.hidden = False
        self.alive = self.acted = time.monotonic()
        self.goodbye: float | None = None
        """When the tab said that it goes."""
        self.stays, self.fell = 0.0, -math.inf
        """Until when it is left where it is; and when a worker died that it lived in."""

    @property
    def name(self) -> str:
        """What the session is called where others can see it: nobody gets the key from it."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:32]

    @property
    def gone(self) -> bool:
        """Whether the tab is there no more."""
        now = time.monotonic()
        silent = now - self.alive > (SILENT_HIDDEN if self.hidden else SILENT)
        return silent or (self.goodbye is not None and now - self.goodbye > LEFT)

    @property
    def settled(self) -> bool:
        """Whether nobody moves, wakes or rests its session now, and may."""
        return not self.moving.locked() and time.monotonic() >= self.stays

    def show(self) -> None:
        """Tell the worker who looks."""
        if self.worker is not None:
            self.worker.send(p.Watch(self.name, self.stream > 0, self.hidden))

    def push(self, live: bool, text: str) -> None:
        """A frame for the stream, where one is held."""
        if self.stream:
            self.frames.append((live, text))
            del self.frames[:-4]  # a page that reads nothing has no more coming
        self.news.set()

    def lose_home(self) -> None:
        """The session lives in no worker now."""
        if self.worker is not None:
            self.worker.homes.discard(self.name)
            self.worker.load.pop(self.name, None)
        self.worker = None
