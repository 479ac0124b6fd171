"""Who has a page open: what each of their events asks of the worker that their session lives in, and the stream that
their tab holds.

It is long because opening, events and the stream of a page wait for one another under the same lock.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from playground.folder import data_folder
from playground.pages.chores import Chores
from playground.pages.homes import Homes
from playground.pages.visitor import Refused, Visitor
from playground.visitors import folders
from playground.workers import protocol as p
from playground.workers.pool import Ended

CONNECTED = 5000  # visitors at once, awake or asleep
PRESSES = 64  # of one visitor that wait for their answers
ORDER = 0.25  # seconds that a press waits for the one before it
FOLLOW = 1.0  # seconds that a stream outlives the last thing that moved
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
GONE = ('{"gone":true}', "", b"")


class Visitors:
    """All of them."""

    def __init__(self, first: Any = None, arrivals: Any = None):
        self.folder, self.started = data_folder(), time.time()
        self.homes, self.arrivals = Homes(first), arrivals
        self.chores = Chores(self.homes, self.folder)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.watch: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Look after all of them, in this event loop, from now on."""
        if self.watch is None or self.watch.done():
            self.loop = asyncio.get_running_loop()
            self.watch = self.loop.create_task(self.chores.for_ever())

    async def attach(self, key: object, query: dict[str, str] | None, tab: str, address: str) -> str:
        """A page opens: its visitor, known by the key or new, and a whole picture. Raises Refused."""
        self.begin()
        visitor = self._here(key)
        if visitor is None:
            if self.arrivals is not None and not self.arrivals.allow(address):
                raise Refused("Too many pages are being opened from here just now. Try again in a minute.")
            if len(self.homes.by_key) >= CONNECTED:
                raise Refused("This server is full. Try again in a few minutes.")
            await self._admit()
            visitor = self._here(key) or self._kept(key) or Visitor()  # here: another page may have come meanwhile
            self.homes.enter(visitor)
        visitor.page += 1
        page = visitor.page
        visitor.goodbye, visitor.hidden, visitor.frames = None, False, []
        visitor.alive = visitor.acted = time.monotonic()
        visitor.stream = 0  # the stream of the page before ends
        visitor.news.set()
        async with visitor.moving:
            body = await self.homes.settle(visitor, query, tab)
        return f'{{"key":"{visitor.key}","page":{page},{body[1:]}'

    def _here(self, key: object) -> Visitor | None:
        return self.homes.by_key.get(key) if isinstance(key, str) else None

    def _kept(self, key: object) -> Visitor | None:
        """Somebody whose session sleeps in its folder. A key that opens none is not taken: keys are made here."""
        if not (isinstance(key, str) and KEY.fullmatch(key)):
            return None
        visitor = Visitor(key)
        try:
            written = (self.folder / visitor.name / folders.SESSION).stat().st_mtime
        except OSError:
            return None
        left = visitor.name in self.homes.went  # then the clock alone was set back
        before = written < self.started and not left
        visitor.trouble = "restart" if before else ""
        return visitor

    async def _admit(self) -> None:
        """Room for one more awake; raises Refused where there is none. Nobody who uses the server makes it."""
        full = await self.chores.full()
        if full:
            raise Refused(full)

    async def act(
        self, key: object, page: object, n: object, view: str, event: str, data: dict[str, Any], body: bytes = b""
    ) -> tuple[str, str, bytes]:
        """An event: (message, name and bytes of a file). A page that is not known is told so. Raises Refused."""
        visitor = self.known(key, page)
        if visitor is None:
            return GONE
        if visitor.pressing >= PRESSES:
            raise Refused("This page asks for more than the server can answer. It goes on in a moment.")
        visitor.alive = visitor.acted = time.monotonic()
        number = n if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**40 else visitor.n + 1
        visitor.pressing += 1
        try:
            await self._in_order(visitor, number)
            for _ in range(3):
                async with visitor.moving:
                    if self.known(key, page) is not visitor:  # it has left meanwhile, or another page is there
                        return GONE
                    whole = visitor.worker is None
                    if whole:
                        if not visitor.going:
                            await self._admit()
                        await self.homes.wake(visitor)
                    worker, life = visitor.worker, visitor.life
                assert worker is not None
                try:
                    answer = await self.homes.ask(
                        worker,
                        # bound now: what is asked next may be something else
                        lambda re, event=(view, event, data, whole, body): p.Act(re, visitor.name, number, *event),
                    )
                except Ended:  # perhaps because of this press, so it is not made again
                    view, event, data, body = "bus", "whole", {}, b""
                    continue
                if not answer.body:  # it went to sleep in between
                    if visitor.life == life:
                        visitor.lose_home()
                    continue
                visitor.live = answer.live
                size = answer.text or len(answer.body)
                return answer.body[:size].decode(), answer.file, answer.body[size:]
            return GONE
        finally:
            visitor.pressing -= 1

    def known(self, key: object, page: object) -> Visitor | None:
        """The visitor of a page that is open; another page of the same tab has taken its place otherwise."""
        visitor = self._here(key)
        return visitor if visitor is not None and visitor.page == page else None

    async def _in_order(self, visitor: Visitor, n: int) -> None:
        """Presses are handled in the order in which they were made, on whatever connections they travel."""
        async with visitor.turn:
            if n > visitor.n + 1:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(visitor.turn.wait_for(lambda: visitor.n + 1 >= n), ORDER)
            visitor.n = max(visitor.n, n)
            visitor.turn.notify_all()

    def drawn(self, key: object, page: object, seen: object) -> None:
        """Which message the page has drawn last."""
        visitor = self.known(key, page)
        if visitor is not None and visitor.worker is not None and isinstance(seen, int) and 0 < seen < 2**40:
            visitor.worker.send(p.Seen(visitor.name, seen))

    def pulse(self, key: object, page: object, seen: object, hidden: bool, leaving: bool) -> bool:
        """A sign of life; what was drawn; whether the tab is in sight. False for a page that is not known."""
        visitor = self.known(key, page)
        if visitor is None:
            return False
        visitor.alive = time.monotonic()
        self.drawn(key, page, seen)
        if visitor.goodbye is not None and not leaving:  # overtaken by the goodbye; a page that comes back attaches
            return True
        visitor.goodbye = time.monotonic() if leaving else None
        if hidden != visitor.hidden or leaving:
            visitor.hidden = hidden or leaving
            if visitor.hidden:
                visitor.stream = 0
                visitor.news.set()
            visitor.show()
        return True

    async def stream(self, key: object, page: object) -> AsyncIterator[str]:
        """The frames of a page, while anything moves and nothing newer has taken its place."""
        visitor = self.known(key, page)
        if visitor is None:
            yield GONE[0]
            return
        visitor.stream = mine = secrets.randbits(48) + 1
        visitor.news.set()  # the stream before this one ends at once
        visitor.hidden = False
        visitor.frames.clear()
        visitor.show()
        until: float | None = None if visitor.live else time.monotonic() + FOLLOW
        try:
            while visitor.stream == mine:
                while visitor.frames and visitor.stream == mine:
                    live, text = visitor.frames.pop(0)
                    until = None if live else time.monotonic() + FOLLOW
                    yield text
                if visitor.live:
                    until = None
                elif until is None:
                    until = time.monotonic() + FOLLOW
                if until is not None and time.monotonic() > until:
                    return
                visitor.news.clear()
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(visitor.news.wait(), 0.5)
        finally:
            if visitor.stream == mine:
                visitor.stream = 0
                visitor.show()

    async def end(self) -> None:
        """The server ends: everything is written down."""
        if self.watch is not None:
            self.watch.cancel()
        await self.homes.pool.end()
