"""Who has a page open: each visitor's key, the worker that their session lives in, and the stream that their tab holds.

All of it belongs to the one event loop of the page's process; nothing is guarded and nothing waits in a thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import sys
import time
import traceback
from collections.abc import AsyncIterator
from typing import Any

from playground.folder import data_folder
from playground.visitors import folders
from playground.workers import budget
from playground.workers import protocol as p
from playground.workers.pool import Ended, Pool, Worker, most

MOST = budget.MOST
SILENT, SILENT_HIDDEN = 45.0, 180.0  # seconds without a sign of life until a tab counts as gone
LEFT = 5.0  # seconds that a tab which said goodbye may take to come back (a reload)
IDLE = 600.0  # seconds until the session of an open tab in which nothing happens sleeps
ORDER = 0.25  # seconds that a press waits for the one before it
EVERY = 0.5  # seconds between two looks at all of them
FOLLOW = 1.0  # seconds that a stream outlives the last thing that moved
PATIENCE = 60.0  # seconds that a worker may take to answer
SWEEP = 600.0  # seconds between two looks at the folders
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
NOTHING = (0, 0, 0.0, False)


class Refused(Exception):
    """What the visitor is told instead."""


class Visitor:
    """One tab. `page` numbers its page loads, `life` the homes of its session."""

    def __init__(self, key: str = "") -> None:
        self.key = key or secrets.token_urlsafe(32)
        self.page = self.life = 0
        self.worker: Worker | None = None
        self.moving = asyncio.Lock()
        """Held while the session changes its home: the one thing here that several events wait for."""
        self.asleep = False
        """Whether it is in its folder, known to have been there."""
        self.was_training = False
        self.trouble = ""
        """Why it has to be woken, where that is to be said."""
        self.n = 0
        self.turn = asyncio.Condition()
        self.frames: list[tuple[bool, str]] = []
        self.news = asyncio.Event()
        self.stream = 0
        """Number of the stream that is held; 0 for none."""
        self.live = self.hidden = False
        self.alive = self.acted = time.monotonic()
        self.left: float | None = None
        self.seen = 0

    @property
    def name(self) -> str:
        """What the session is called where others can see it: nobody gets the key from it."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:32]


class Visitors:
    """All of them."""

    def __init__(self, first: Any = None, arrivals: Any = None):
        self.by_key: dict[str, Visitor] = {}
        self.by_name: dict[str, Visitor] = {}
        self.pool = Pool(self._heard, self._lost, first=first)
        self.arrivals = arrivals
        self.loop: asyncio.AbstractEventLoop | None = None
        self.watch: asyncio.Task[None] | None = None
        self.slept: dict[str, asyncio.Future[p.Slept]] = {}
        self.budget, self.folder = budget.Budget(), data_folder()
        self.started, self.swept = time.time(), 0.0

    def begin(self) -> None:
        """Look after all of them, in this event loop, from now on."""
        if self.watch is None or self.watch.done():
            self.loop = asyncio.get_running_loop()
            self.watch = self.loop.create_task(self._look_after())

    # ---- events ----
    async def attach(self, key: object, query: dict[str, str], tab: str, address: str) -> str:
        """A page opens: its visitor, known by the key or new, and a whole picture. Raises Refused."""
        self.begin()
        visitor = self.by_key.get(key) if isinstance(key, str) and KEY.fullmatch(key) else None
        if visitor is None:
            if self.arrivals is not None and not self.arrivals.allow(address):
                raise Refused("Too many pages are being opened from here just now. Try again in a minute.")
            visitor = self._kept(key) or Visitor()
            await self._admit()
            self.by_key[visitor.key] = self.by_name[visitor.name] = visitor
        visitor.page += 1
        visitor.left, visitor.hidden, visitor.frames = None, False, []
        visitor.alive = visitor.acted = time.monotonic()
        visitor.stream = 0  # the stream of the page before ends
        visitor.news.set()
        async with visitor.moving:
            body = await self._settle(visitor, query, tab, resume=visitor.was_training)
        more = f'"key":"{visitor.key}","page":{visitor.page},'
        return "{" + more + body[1:]

    def _kept(self, key: object) -> Visitor | None:
        """Somebody whose session sleeps in its folder. A key that opens none is not taken: keys are made here."""
        if not (isinstance(key, str) and KEY.fullmatch(key)):
            return None
        visitor = Visitor(key)
        try:
            written = (self.folder / visitor.name / folders.SESSION).stat().st_mtime
        except OSError:
            return None
        visitor.trouble = "restart" if written < self.started else ""
        return visitor

    async def _admit(self) -> None:
        """Room for one more; raises Refused where there is none. Nobody who uses the server makes it."""
        pids = [worker.process.pid for worker in self.pool.workers]
        awake = sum(visitor.worker is not None for visitor in self.by_key.values())
        if not self.budget.full(pids, awake):
            return
        for name in budget.sleepers(self._all_seen(), budget.NEEDED, MOST - 1):
            await self._sleep(self.by_name[name])
        awake = sum(visitor.worker is not None for visitor in self.by_key.values())
        full = self.budget.full(pids, awake, need=0)
        if full:
            raise Refused(full)

    async def act(
        self, key: object, page: object, n: object, view: str, event: str, data: dict[str, Any], body: bytes = b""
    ) -> tuple[str, str, bytes]:
        """An event: (message, name and bytes of a file). A page that is not known is told so."""
        visitor = self.known(key, page)
        if visitor is None:
            return '{"gone":true}', "", b""
        visitor.alive = visitor.acted = time.monotonic()
        number = n if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**40 else visitor.n + 1
        await self._in_order(visitor, number)
        for _ in range(3):
            async with visitor.moving:
                whole = visitor.worker is None
                if whole:
                    await self._settle(visitor, {}, "", resume=visitor.was_training)
                worker = visitor.worker
            assert worker is not None
            try:
                answer = await asyncio.wait_for(
                    self.pool.ask(worker, lambda re: p.Act(re, visitor.name, number, view, event, data, whole, body)),
                    PATIENCE,
                )
            except Ended:
                continue
            if not answer.body:  # it went to sleep in between
                visitor.worker = None
                continue
            visitor.live = answer.live
            size = answer.text or len(answer.body)
            return answer.body[:size].decode(), answer.file, answer.body[size:]
        return '{"gone":true}', "", b""

    def known(self, key: object, page: object) -> Visitor | None:
        """The visitor of a page that is open; another page of the same tab has taken its place otherwise."""
        visitor = self.by_key.get(key) if isinstance(key, str) else None
        return visitor if visitor is not None and visitor.page == page else None

    async def _in_order(self, visitor: Visitor, n: int) -> None:
        """Presses are handled in the order in which they were made, on whatever connections they travel."""
        async with visitor.turn:
            if n > visitor.n + 1:
                try:
                    await asyncio.wait_for(visitor.turn.wait_for(lambda: visitor.n + 1 >= n), ORDER)
                except asyncio.TimeoutError:
                    pass
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
        visitor.left = time.monotonic() if leaving else None
        self.drawn(key, page, seen)
        if hidden != visitor.hidden or leaving:
            visitor.hidden = hidden or leaving
            if visitor.hidden:
                visitor.stream = 0
                visitor.news.set()
            if visitor.worker is not None:
                visitor.worker.send(p.Watch(visitor.name, visitor.stream > 0, visitor.hidden))
        return True

    async def stream(self, key: object, page: object) -> AsyncIterator[str]:
        """The frames of a page, while anything moves and nothing newer has taken its place."""
        visitor = self.known(key, page)
        if visitor is None:
            yield '{"gone":true}'
            return
        visitor.stream = mine = secrets.randbits(48) + 1
        visitor.hidden = False
        visitor.frames.clear()
        if visitor.worker is not None:
            visitor.worker.send(p.Watch(visitor.name, True))
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
                try:
                    await asyncio.wait_for(visitor.news.wait(), 0.5)
                except asyncio.TimeoutError:
                    pass
        finally:
            if visitor.stream == mine:
                visitor.stream = 0
                if visitor.worker is not None:
                    visitor.worker.send(p.Watch(visitor.name, False, visitor.hidden))

    # ---- homes ----
    async def _settle(
        self, visitor: Visitor, query: dict[str, str], tab: str, *, resume: bool, heavy: bool = False
    ) -> str:
        """Give the session a home, where it has none, and open the page there."""
        for _ in range(3):
            if visitor.worker is None or visitor.worker.ended:
                visitor.worker = worker = await self.pool.home(heavy=heavy)
                visitor.life += 1
                worker.homes.add(visitor.name)
                if visitor.stream:
                    worker.send(p.Watch(visitor.name, True, visitor.hidden))
            worker, lost = visitor.worker, visitor.trouble
            try:
                answer = await asyncio.wait_for(
                    self.pool.ask(
                        worker, lambda re: p.Attach(re, visitor.name, visitor.life, query, tab, visitor.n, resume, lost)
                    ),
                    PATIENCE,
                )
            except Ended:
                visitor.worker = None
                continue
            visitor.trouble, visitor.was_training, visitor.asleep, visitor.live = "", False, False, answer.live
            if visitor.stream:
                worker.send(p.Watch(visitor.name, True, visitor.hidden))
            return answer.body.decode()
        raise Refused("The processes that train here keep ending. Try again in a minute.")

    async def _rest(self, visitor: Visitor) -> p.Slept | None:
        """Let a session sleep; its visitor wakes it with the next event."""
        worker = visitor.worker
        if worker is None or worker.ended:
            return None
        self.slept[visitor.name] = future = asyncio.get_running_loop().create_future()
        worker.send(p.Rest(visitor.name))
        try:
            slept = await asyncio.wait_for(future, PATIENCE)
        except (asyncio.TimeoutError, Ended):
            return None
        finally:
            self.slept.pop(visitor.name, None)
        if slept.problem and slept.training:
            return slept
        worker.homes.discard(visitor.name)
        worker.load.pop(visitor.name, None)
        visitor.worker, visitor.asleep = None, slept.kept
        visitor.was_training = visitor.live = slept.training
        return slept

    async def _move(self, visitor: Visitor, *, heavy: bool = False) -> None:
        """To another worker, in the middle of what it does; its page gets a whole picture from there."""
        async with visitor.moving:
            slept = await self._rest(visitor)
            if visitor.worker is not None:
                return
            training = slept.training if slept is not None else visitor.was_training
            text = await self._settle(visitor, {}, "", resume=training, heavy=heavy)
            self._push(visitor, visitor.live, text)

    def _push(self, visitor: Visitor, live: bool, text: str) -> None:
        if visitor.stream:
            visitor.frames.append((live, text))
            del visitor.frames[:-4]  # a page that reads nothing has no more coming
        visitor.news.set()

    # ---- what the workers say ----
    def _heard(self, worker: Worker, message: p.Message) -> None:
        visitor = self.by_name.get(message.session)
        if isinstance(message, p.Slept):
            waiting = self.slept.get(message.session)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif isinstance(message, p.Frame) and visitor is not None and visitor.worker is worker:
            visitor.live = message.live
            self._push(visitor, message.live, message.body.decode())

    def _lost(self, worker: Worker, names: set[str]) -> None:
        """A worker ended unasked: its sessions are woken elsewhere from what was written down."""
        for name in names:
            visitor, going = self.by_name.get(name), self.slept.get(name)
            if going is not None and not going.done():
                going.set_exception(Ended())
            if visitor is not None and visitor.worker is worker:
                visitor.worker, visitor.asleep = None, True
                visitor.was_training, visitor.trouble = bool(worker.load.get(name, NOTHING)[0]), "crash"
                visitor.live = visitor.was_training  # its stream waits for the return
                if visitor.stream:
                    self._soon(self._return(visitor))

    async def _return(self, visitor: Visitor) -> None:
        async with visitor.moving:
            if visitor.worker is None:
                text = await self._settle(visitor, {}, "", resume=visitor.was_training)
                self._push(visitor, visitor.live, text)

    def _soon(self, what: Any) -> None:
        task = asyncio.get_running_loop().create_task(what)
        self.pool.tasks.add(task)
        task.add_done_callback(self.pool.tasks.discard)

    # ---- looking after them ----
    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            for act in (self._let_go, self._even_out, self._relieve, self._sweep, self.pool.tidy):
                try:
                    await act()
                except Exception:  # one of these must not end the others
                    traceback.print_exc(file=sys.stderr)

    async def _let_go(self) -> None:
        """Sessions of tabs that are gone, or in which nothing happens, sleep."""
        now = time.monotonic()
        for visitor in list(self.by_key.values()):
            silent = now - visitor.alive > (SILENT_HIDDEN if visitor.hidden else SILENT)
            left = visitor.left is not None and now - visitor.left > LEFT
            idle = not visitor.live and not visitor.stream and now - visitor.acted > IDLE
            if not (silent or left or idle):
                continue
            if visitor.worker is not None and not visitor.moving.locked():
                async with visitor.moving:
                    await self._rest(visitor)
                    visitor.was_training = visitor.live = False  # who comes back presses play
            if (silent or left) and visitor.worker is None:
                self.by_key.pop(visitor.key, None)
                self.by_name.pop(visitor.name, None)

    async def _even_out(self) -> None:
        """Nobody trains beside many while another worker has few; who keeps others waiting moves away."""
        if self.by_key and len(self.pool.light()) < most():
            await self.pool.another()
        name = self.pool.heavy()
        heavy = name is not None
        if name is None:
            uneven = self.pool.uneven()
            name = uneven[0] if uneven else None
        visitor = self.by_name.get(name) if name else None
        if visitor is not None and not visitor.moving.locked():
            await self._move(visitor, heavy=heavy)

    def _all_seen(self) -> list[budget.Seen]:
        now = time.monotonic()
        found = []
        for visitor in self.by_key.values():
            if visitor.worker is None:
                continue
            jobs, size, *_ = visitor.worker.load.get(visitor.name, NOTHING)
            training = bool(jobs) or visitor.live
            seen = budget.Seen(visitor.name, size, training, visitor.stream > 0, True, now - visitor.acted)
            found.append(seen)
        return found

    async def _relieve(self) -> None:
        """Where memory is short, let those sleep who have done nothing for longest."""
        need = -self.budget.room([worker.process.pid for worker in self.pool.workers])
        if need > 0:
            for name in budget.sleepers(self._all_seen(), need, MOST):
                await self._sleep(self.by_name[name])

    async def _sleep(self, visitor: Visitor) -> None:
        async with visitor.moving:
            await self._rest(visitor)

    async def _sweep(self) -> None:
        """Forget what nobody has come back to for long."""
        if time.monotonic() >= self.swept:
            self.swept = time.monotonic() + SWEEP
            await asyncio.to_thread(folders.sweep, self.folder, keep=set(self.by_name))

    async def end(self) -> None:
        """The server ends: everything is written down."""
        if self.watch is not None:
            self.watch.cancel()
        await self.pool.end()
