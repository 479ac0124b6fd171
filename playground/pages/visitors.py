"""Who has a page open: each visitor's key, the worker that their session lives in, and the stream that their tab holds.

All of it belongs to the one event loop of the page's process; nothing is guarded and nothing waits in a thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import secrets
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from playground.folder import data_folder
from playground.visitors import folders
from playground.workers import budget
from playground.workers import protocol as p
from playground.workers.pool import Ended, Pool, Worker

MOST = budget.MOST
CONNECTED = 5000  # visitors at once, awake or asleep
PRESSES = 64  # of one visitor that wait for their answers
SILENT, SILENT_HIDDEN = 45.0, 180.0  # seconds without a sign of life until a tab counts as gone
LEFT, LEFT_MUCH = 5.0, 30.0  # seconds that a tab which said goodbye may take to come back (a reload): a slow one may
# take longer, which matters where not all can be written down
IDLE = 600.0  # seconds until the session of an open tab in which nothing happens sleeps
HELD = 1800.0  # seconds that the run of somebody who is gone is held where it cannot be written down
STAYS = 30.0  # seconds until what could not sleep, move or wake tries again
TWICE = 60.0  # seconds after the death of a worker in which another one is not survived by training
ORDER = 0.25  # seconds that a press waits for the one before it
EVERY = 0.5  # seconds between two looks at all of them
FOLLOW = 1.0  # seconds that a stream outlives the last thing that moved
PATIENCE = 60.0  # seconds that a worker may take to answer
SWEEP = 600.0  # seconds between two looks at the folders
REMEMBERED = 10_000  # who left
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
NOTHING = p.Told(0, 0, 0.0, False, False)
GONE = ('{"gone":true}', "", b"")


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
        self.was_training = False
        """Whether it is to train on when it wakes."""
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
        self.left: float | None = None
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
        told = self.worker.load.get(self.name) if self.worker is not None else None
        patience = LEFT if told is None or told.kept else LEFT_MUCH
        return silent or (self.left is not None and now - self.left > patience)

    @property
    def settled(self) -> bool:
        """Whether nobody moves, wakes or rests its session now, and may."""
        return not self.moving.locked() and time.monotonic() >= self.stays


class Visitors:
    """All of them."""

    def __init__(self, first: Any = None, arrivals: Any = None):
        self.by_key: dict[str, Visitor] = {}
        self.by_name: dict[str, Visitor] = {}
        self.pool = Pool(self._heard, self._lost, first=first)
        self.arrivals = arrivals
        self.loop: asyncio.AbstractEventLoop | None = None
        self.watch: asyncio.Task[None] | None = None
        self.slept: dict[str, asyncio.Future[None]] = {}
        self.budget, self.folder = budget.Budget(), data_folder()
        self.started, self.swept = time.time(), 0.0
        self.went: dict[str, None] = {}
        """Names of those who were here and went, the newest last."""

    def begin(self) -> None:
        """Look after all of them, in this event loop, from now on."""
        if self.watch is None or self.watch.done():
            self.loop = asyncio.get_running_loop()
            self.watch = self.loop.create_task(self._look_after())

    # ---- events ----
    async def attach(self, key: object, query: dict[str, str] | None, tab: str, address: str) -> str:
        """A page opens: its visitor, known by the key or new, and a whole picture. Raises Refused."""
        self.begin()
        visitor = self._here(key)
        if visitor is None:
            if self.arrivals is not None and not self.arrivals.allow(address):
                raise Refused("Too many pages are being opened from here just now. Try again in a minute.")
            if len(self.by_key) >= CONNECTED:
                raise Refused("This server is full. Try again in a few minutes.")
            await self._admit()
            visitor = self._here(key) or self._kept(key) or Visitor()  # here: another page may have come meanwhile
            self.by_key[visitor.key] = self.by_name[visitor.name] = visitor
        visitor.page += 1
        page = visitor.page
        visitor.left, visitor.hidden, visitor.frames = None, False, []
        visitor.alive = visitor.acted = time.monotonic()
        visitor.stream = 0  # the stream of the page before ends
        visitor.news.set()
        async with visitor.moving:
            body = await self._settle(visitor, query, tab)
        return f'{{"key":"{visitor.key}","page":{page},{body[1:]}'

    def _here(self, key: object) -> Visitor | None:
        return self.by_key.get(key) if isinstance(key, str) else None

    def _kept(self, key: object) -> Visitor | None:
        """Somebody whose session sleeps in its folder. A key that opens none is not taken: keys are made here."""
        if not (isinstance(key, str) and KEY.fullmatch(key)):
            return None
        visitor = Visitor(key)
        try:
            written = (self.folder / visitor.name / folders.SESSION).stat().st_mtime
        except OSError:
            return None
        before = written < self.started and visitor.name not in self.went  # the clock alone may have been set back
        visitor.trouble = "restart" if before else ""
        return visitor

    async def _admit(self) -> None:
        """Room for one more awake; raises Refused where there is none. Nobody who uses the server makes it."""
        pids = [worker.process.pid for worker in self.pool.workers]
        if not self.budget.full(pids, self._awake()):
            return
        await self._sleep(budget.sleepers(self._all_seen(), budget.NEEDED, MOST - 1))
        full = self.budget.full(pids, self._awake(), need=0)
        if full:
            raise Refused(full)

    def _awake(self) -> int:
        return sum(visitor.worker is not None for visitor in self.by_key.values())

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
                        if not visitor.was_training:
                            await self._admit()
                        await self._wake(visitor)
                    worker, life = visitor.worker, visitor.life
                assert worker is not None
                try:
                    answer = await self._asked(
                        worker,
                        # bound now: what is asked next may be something else
                        lambda re, event=(view, event, data, whole, body): p.Act(re, visitor.name, number, *event),
                    )
                except Ended:  # perhaps because of this press, so it is not made again
                    view, event, data, body = "bus", "whole", {}, b""
                    continue
                if not answer.body:  # it went to sleep in between
                    if visitor.life == life:
                        self._homeless(visitor)
                    continue
                visitor.live = answer.live
                size = answer.text or len(answer.body)
                return answer.body[:size].decode(), answer.file, answer.body[size:]
            return GONE
        finally:
            visitor.pressing -= 1

    async def _asked(self, worker: Worker, question: Callable[[int], p.Message]) -> p.Answer:
        """The answer of a worker. Raises Ended where it ends instead, Refused where it takes too long."""
        try:
            return await asyncio.wait_for(self.pool.ask(worker, question), PATIENCE)
        except asyncio.TimeoutError:
            raise Refused("The process that computes for this page does not answer. The page asks again.") from None

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
        if visitor.left is not None and not leaving:  # overtaken by the goodbye; a page that comes back attaches
            return True
        visitor.left = time.monotonic() if leaving else None
        if hidden != visitor.hidden or leaving:
            visitor.hidden = hidden or leaving
            if visitor.hidden:
                visitor.stream = 0
                visitor.news.set()
            self._show(visitor)
        return True

    def _show(self, visitor: Visitor) -> None:
        """Tell the session's worker who looks."""
        if visitor.worker is not None:
            visitor.worker.send(p.Watch(visitor.name, visitor.stream > 0, visitor.hidden))

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
        self._show(visitor)
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
                self._show(visitor)

    # ---- homes ----
    async def _settle(
        self, visitor: Visitor, query: dict[str, str] | None = None, tab: str = "", *, heavy: bool = False
    ) -> str:
        """Give the session a home, where it has none, and open the page there. Raises Refused."""
        for _ in range(3):
            try:
                if visitor.worker is None or visitor.worker.ended:
                    visitor.worker = self.pool.home(heavy=heavy)
                    visitor.worker.homes.add(visitor.name)
                worker = visitor.worker
                visitor.life += 1
                asked = (visitor.life, query, tab, visitor.n, visitor.was_training, visitor.trouble)
                answer = await self._asked(worker, lambda re, asked=asked: p.Attach(re, visitor.name, *asked))
            except Ended:
                visitor.worker = None
                continue
            if not answer.body:
                raise Refused("This page could not be opened. It tries again in a moment.")
            visitor.trouble, visitor.was_training, visitor.live = "", False, answer.live
            self._show(visitor)
            return answer.body.decode()
        visitor.was_training = visitor.live = False  # it may be what they die of
        raise Refused("The processes that train here keep ending. Try again in a minute.")

    async def _wake(self, visitor: Visitor, *, heavy: bool = False) -> None:
        """Give a session that has none a home; a stream gets a whole picture from there. Raises Refused."""
        text = await self._settle(visitor, heavy=heavy)
        self._push(visitor, visitor.live, text)

    async def _rest(self, visitor: Visitor, *, must: bool = False) -> bool:
        """Let a session sleep; its visitor wakes it with the next event. Whether it sleeps: where it cannot be written
        down it does not, unless it `must`.
        """
        if visitor.worker is None or visitor.worker.ended:
            return visitor.worker is None
        self.slept[visitor.name] = future = asyncio.get_running_loop().create_future()
        visitor.worker.send(p.Rest(visitor.name, must))
        try:
            await asyncio.wait_for(future, PATIENCE)
        except asyncio.TimeoutError:
            visitor.stays = time.monotonic() + STAYS
        finally:
            del self.slept[visitor.name]
        return visitor.worker is None

    def _homeless(self, visitor: Visitor) -> None:
        if visitor.worker is not None:
            visitor.worker.homes.discard(visitor.name)
            visitor.worker.load.pop(visitor.name, None)
        visitor.worker = None

    async def _move(self, visitor: Visitor, *, heavy: bool = False) -> None:
        """To another worker, in the middle of what it does; its page gets a whole picture from there."""
        async with visitor.moving:
            if await self._rest(visitor):
                await self._wake(visitor, heavy=heavy)

    def _push(self, visitor: Visitor, live: bool, text: str) -> None:
        if visitor.stream:
            visitor.frames.append((live, text))
            del visitor.frames[:-4]  # a page that reads nothing has no more coming
        visitor.news.set()

    # ---- what the workers say ----
    def _heard(self, worker: Worker, message: p.Message) -> None:
        if isinstance(message, p.Load):
            for name, told in worker.load.items():
                visitor = self.by_name.get(name)
                if visitor is not None and visitor.worker is worker:
                    visitor.live = told.jobs > 0
            return
        visitor = self.by_name.get(message.session)
        if visitor is not None and visitor.worker is worker:
            if isinstance(message, p.Frame):
                visitor.live = message.live
                self._push(visitor, message.live, message.body.decode())
            elif message.stays:
                visitor.stays = time.monotonic() + STAYS
            else:
                self._homeless(visitor)
                visitor.was_training = visitor.live = message.training
        if isinstance(message, p.Slept):
            self._told_of_sleep(message.session)

    def _told_of_sleep(self, name: str) -> None:
        waiting = self.slept.get(name)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _lost(self, worker: Worker, names: set[str]) -> None:
        """A worker ended unasked: its sessions are woken elsewhere from what was written down. Who falls twice within a
        minute comes back at rest, for it may be what the workers die of.
        """
        now = time.monotonic()
        for name in names:
            visitor = self.by_name.get(name)
            if visitor is not None and visitor.worker is worker:
                if not visitor.was_training:  # it had arrived there
                    trained = worker.load.get(name, NOTHING).trains
                    visitor.was_training = visitor.live = trained and now - visitor.fell > TWICE
                    visitor.fell = now
                visitor.worker, visitor.trouble = None, "crash"
                if visitor.stream or visitor.was_training:
                    self._soon(self._return(visitor))
            self._told_of_sleep(name)

    async def _return(self, visitor: Visitor) -> None:
        async with visitor.moving:
            if visitor.worker is None and self.by_name.get(visitor.name) is visitor:
                visitor.stays = time.monotonic() + STAYS  # where it fails
                await self._wake(visitor)
                visitor.stays = 0.0

    def _soon(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._said(what))
        self.pool.tasks.add(task)
        task.add_done_callback(self.pool.tasks.discard)

    @staticmethod
    async def _said(what: Awaitable[None]) -> None:
        """Do what nobody waits for; what goes wrong with it stands in the log."""
        try:
            await what
        except Refused as refusal:
            print(f"A session could not be woken: {refusal}", file=sys.stderr)
        except Exception:
            traceback.print_exc(file=sys.stderr)

    # ---- looking after them ----
    async def _look_after(self) -> None:
        chores = (self._let_go, self._rouse, self._even_out, self._relieve, self._sweep, self.pool.tidy)
        await asyncio.gather(*map(self._again, chores))

    async def _again(self, chore: Callable[[], Awaitable[None]]) -> None:
        """Each by itself: one that waits for a slow worker, or fails, keeps no other from its work."""
        while True:
            await asyncio.sleep(EVERY)
            await self._said(chore())

    async def _let_go(self) -> None:
        """Sessions of tabs that are gone, or in which nothing happens, sleep."""
        await asyncio.gather(*(self._left(visitor) for visitor in list(self.by_key.values()) if self._out(visitor)))

    def _out(self, visitor: Visitor) -> bool:
        if visitor.gone:
            return True
        idle = not (visitor.live or visitor.stream) and time.monotonic() - visitor.acted > IDLE
        return idle and visitor.worker is not None and visitor.worker.load.get(visitor.name, NOTHING).kept

    async def _left(self, visitor: Visitor) -> None:
        if visitor.worker is not None and visitor.settled:
            async with visitor.moving:
                await self._rest(visitor, must=time.monotonic() - visitor.alive > HELD)
        if visitor.gone and visitor.worker is None and not (visitor.moving.locked() or visitor.pressing):
            self.by_key.pop(visitor.key, None)  # who comes back presses play
            self.by_name.pop(visitor.name, None)
            self.went[visitor.name] = None
            if len(self.went) > REMEMBERED:
                del self.went[next(iter(self.went))]

    async def _rouse(self) -> None:
        """Who trained and has no home gets one: it did not sleep of its own accord."""
        for visitor in list(self.by_key.values()):
            if visitor.was_training and visitor.worker is None and visitor.settled and not visitor.gone:
                self._soon(self._return(visitor))

    async def _even_out(self) -> None:
        """Nobody trains beside many while another worker has few; who keeps others waiting moves away."""
        if self.by_key:
            self.pool.spare()
        name = self.pool.heavy()
        heavy = name is not None
        if name is None:
            uneven = self.pool.uneven()
            name = uneven[0] if uneven else None
        visitor = self.by_name.get(name) if name else None
        if visitor is not None and visitor.settled:
            await self._move(visitor, heavy=heavy)

    def _all_seen(self) -> list[budget.Seen]:
        now = time.monotonic()
        found = []
        for visitor in self.by_key.values():
            if visitor.worker is None:
                continue
            told = visitor.worker.load.get(visitor.name, NOTHING)
            training, watched = told.jobs > 0 or visitor.live, visitor.stream > 0 or visitor.pressing > 0
            found.append(
                budget.Seen(visitor.name, told.bytes, training, watched, not visitor.gone, now - visitor.acted)
            )
        return found

    async def _relieve(self) -> None:
        """Where memory is short, let those sleep who have done nothing for longest."""
        need = -self.budget.room([worker.process.pid for worker in self.pool.workers])
        if need > 0:
            await self._sleep(budget.sleepers(self._all_seen(), need, MOST))

    async def _sleep(self, names: list[str]) -> None:
        """Let these sleep, but for whoever has become busy. Nobody's lock is waited for: they may wait for this one."""

        async def one(visitor: Visitor) -> None:
            if visitor.settled and not (visitor.live or visitor.stream or visitor.pressing):
                async with visitor.moving:
                    await self._rest(visitor)

        await asyncio.gather(*(one(self.by_name[name]) for name in names if name in self.by_name))

    async def _sweep(self) -> None:
        """Forget what nobody has come back to for long."""
        if time.monotonic() >= self.swept:
            self.swept = time.monotonic() + SWEEP
            await asyncio.to_thread(folders.sweep, self.folder, keep=self.by_name.keys())

    async def end(self) -> None:
        """The server ends: everything is written down."""
        if self.watch is not None:
            self.watch.cancel()
        await self.pool.end()
