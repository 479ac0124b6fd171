"""Where sessions live: each in a worker, in none while it sleeps, and in another one after a worker has died.

All of it belongs to the one event loop of the page's process; nothing is guarded and nothing waits in a thread.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from playground.pages.visitor import NOTHING, Refused, Visitor
from playground.workers import protocol as p
from playground.workers.pool import Ended, Pool, Worker

STAYS = 30.0  # seconds until what could not sleep, move or wake tries again
TWICE = 60.0  # seconds after the death of a worker in which another one is not survived by training
REMEMBERED = 10_000  # who left
PATIENCE = 60.0  # seconds that a worker may take to answer


class Homes:
    """Of all visitors, who are listed here by key and by name."""

    def __init__(self, first: Any = None):
        self.by_key: dict[str, Visitor] = {}
        self.by_name: dict[str, Visitor] = {}
        self.pool = Pool(self._heard, self._lost, first=first)
        self.went: dict[str, None] = {}
        """Names of those who were here and left, the newest last."""
        self.slept: dict[str, asyncio.Future[None]] = {}

    def enter(self, visitor: Visitor) -> None:
        """Somebody is here from now on."""
        self.by_key[visitor.key] = self.by_name[visitor.name] = visitor

    def leave(self, visitor: Visitor) -> None:
        """Who comes back finds the session in its folder, and presses play."""
        self.by_key.pop(visitor.key, None)
        self.by_name.pop(visitor.name, None)
        self.went[visitor.name] = None
        if len(self.went) > REMEMBERED:
            del self.went[next(iter(self.went))]

    def awake(self) -> int:
        """How many sessions have a home."""
        return sum(visitor.worker is not None for visitor in self.by_key.values())

    # ---- giving and taking ----
    async def settle(
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
                asked = (visitor.life, query, tab, visitor.n, visitor.going, visitor.trouble, worker.heavy)
                answer = await self.ask(worker, lambda re, asked=asked: p.Attach(re, visitor.name, *asked))
            except Ended:
                visitor.worker = None
                continue
            if not answer.body:
                raise Refused("This page could not be opened. It tries again in a moment.")
            visitor.trouble, visitor.going, visitor.live = "", (), answer.live
            visitor.show()
            return answer.body.decode()
        visitor.going, visitor.live = (), False  # it may be what they die of
        raise Refused("The processes that train here keep ending. Try again in a minute.")

    async def wake(self, visitor: Visitor, *, heavy: bool = False) -> None:
        """Give a session that has none a home; a stream gets a whole picture from there. Raises Refused."""
        text = await self.settle(visitor, heavy=heavy)
        visitor.push(visitor.live, text)

    async def rest(self, visitor: Visitor, *, must: bool = False) -> bool:
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

    async def move(self, visitor: Visitor, *, heavy: bool = False) -> None:
        """To another worker, in the middle of what it does; its page gets a whole picture from there."""
        async with visitor.moving:
            if await self.rest(visitor):
                await self.wake(visitor, heavy=heavy)

    async def ask(self, worker: Worker, question: Callable[[int], p.Message]) -> p.Answer:
        """The answer of a worker. Raises Ended where it ends instead, Refused where it takes too long."""
        try:
            return await asyncio.wait_for(self.pool.ask(worker, question), PATIENCE)
        except asyncio.TimeoutError:
            raise Refused("The process that computes for this page does not answer. The page asks again.") from None

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
                visitor.push(message.live, message.body.decode())
            elif message.stays:
                visitor.stays = time.monotonic() + STAYS
            else:
                visitor.lose_home()
                visitor.going, visitor.live = message.going, bool(message.going)
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
                if not visitor.going:  # it had arrived there
                    visitor.going = worker.load.get(name, NOTHING).going if now - visitor.fell > TWICE else ()
                    visitor.live = bool(visitor.going)
                    visitor.fell = now
                visitor.worker, visitor.trouble = None, "crash"
                if visitor.stream or visitor.going:
                    self.soon(self.bring_back(visitor))
            self._told_of_sleep(name)

    async def bring_back(self, visitor: Visitor) -> None:
        """Wake a session whose visitor is here. Raises Refused."""
        async with visitor.moving:
            if visitor.worker is None and self.by_name.get(visitor.name) is visitor:
                visitor.stays = time.monotonic() + STAYS  # where it fails
                await self.wake(visitor)
                visitor.stays = 0.0

    def soon(self, what: Coroutine[Any, Any, None]) -> None:
        """Do it, without anybody waiting for it."""
        task = asyncio.get_running_loop().create_task(logged(what))
        self.pool.tasks.add(task)
        task.add_done_callback(self.pool.tasks.discard)


async def logged(what: Awaitable[None]) -> None:
    """Do what nobody waits for; what goes wrong with it stands in the log."""
    try:
        await what
    except Refused as refusal:
        print(f"A session could not be woken: {refusal}", file=sys.stderr)
    except Exception:
        traceback.print_exc(file=sys.stderr)
