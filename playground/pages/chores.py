"""What has to be done now and then, whoever is here: let sleep, wake, even out, free memory, sweep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from playground.pages.homes import Homes, logged
from playground.pages.visitor import NOTHING, Visitor
from playground.visitors import folders
from playground.workers import budget

MOST = budget.MOST
EVERY = 0.5  # seconds between two looks at all of them
IDLE = 600.0  # seconds until the session of an open tab in which nothing happens sleeps
HELD = 1800.0  # seconds that the run of somebody who is gone is held where it cannot be written down
SWEEP = 600.0  # seconds between two looks at the folders


class Chores:
    """For all visitors."""

    def __init__(self, homes: Homes, folder: Path):
        self.homes, self.folder = homes, folder
        self.budget, self.swept = budget.Budget(), 0.0

    async def for_ever(self) -> None:
        """All of them, twice a second."""
        chores = (self._let_go, self._rouse, self._even_out, self._relieve, self._sweep, self.homes.pool.tidy)
        await asyncio.gather(*map(self._again, chores))

    async def _again(self, chore: Callable[[], Awaitable[None]]) -> None:
        """Each by itself: one that waits for a slow worker, or fails, keeps no other from its work."""
        while True:
            await asyncio.sleep(EVERY)
            await logged(chore())

    async def _let_go(self) -> None:
        """Sessions of tabs that are gone, or in which nothing happens, sleep."""
        out = [visitor for visitor in self.homes.by_key.values() if self._out(visitor)]
        await asyncio.gather(*map(self._left, out))

    def _out(self, visitor: Visitor) -> bool:
        if visitor.gone:
            return True
        idle = not (visitor.live or visitor.stream) and time.monotonic() - visitor.acted > IDLE
        return idle and visitor.worker is not None

    async def _left(self, visitor: Visitor) -> None:
        if visitor.worker is not None and visitor.settled:
            async with visitor.moving:
                await self.homes.rest(visitor, must=time.monotonic() - visitor.alive > HELD)
        if visitor.gone and visitor.worker is None and not (visitor.moving.locked() or visitor.pressing):
            self.homes.leave(visitor)

    async def _rouse(self) -> None:
        """Who trained and has no home gets one: it did not sleep of its own accord."""
        for visitor in list(self.homes.by_key.values()):
            if visitor.going and visitor.worker is None and visitor.settled and not visitor.gone:
                self.homes.soon(self.homes.bring_back(visitor))

    async def _even_out(self) -> None:
        """Nobody trains beside many while another worker has few; who keeps others waiting moves away."""
        if self.homes.by_key:
            self.homes.pool.spare()
        name = self.homes.pool.heavy()
        heavy = name is not None
        if heavy and not self.homes.pool.heavy_up():
            return
        if name is None:
            uneven = self.homes.pool.uneven()
            name = uneven[0] if uneven else None
        visitor = self.homes.by_name.get(name) if name else None
        if visitor is not None and visitor.settled:
            await self.homes.move(visitor, heavy=heavy)

    async def _relieve(self) -> None:
        """Where memory is short, let those sleep who have done nothing for longest."""
        need = -self.budget.room([worker.process.pid for worker in self.homes.pool.workers])
        if need > 0:
            await self.sleep(budget.sleepers(self._all_seen(), need, MOST))

    async def sleep(self, names: list[str]) -> None:
        """Let these sleep, but for whoever has become busy. Nobody's lock is waited for: they may wait for this one."""

        async def one(visitor: Visitor) -> None:
            if visitor.settled and not (visitor.live or visitor.stream or visitor.pressing):
                async with visitor.moving:
                    await self.homes.rest(visitor)

        await asyncio.gather(*(one(self.homes.by_name[name]) for name in names if name in self.homes.by_name))

    async def _sweep(self) -> None:
        """Forget what nobody has come back to for long."""
        if time.monotonic() >= self.swept:
            self.swept = time.monotonic() + SWEEP
            await asyncio.to_thread(folders.sweep, self.folder, keep=self.homes.by_name.keys())

    async def full(self) -> str:
        """Why nobody more can be awake, or ""; those who have done nothing for longest are let sleep before."""
        pids, awake = [worker.process.pid for worker in self.homes.pool.workers], self.homes.awake()
        if not self.budget.full(pids, awake):
            return ""
        await self.sleep(budget.sleepers(self._all_seen(), budget.NEEDED, MOST - 1))
        return self.budget.full(pids, self.homes.awake(), need=0)

    def _all_seen(self) -> list[budget.Seen]:
        now = time.monotonic()
        found = []
        for visitor in self.homes.by_key.values():
            if visitor.worker is None:
                continue
            told = visitor.worker.load.get(visitor.name, NOTHING)
            training, watched = told.jobs > 0 or visitor.live, visitor.stream > 0 or visitor.pressing > 0
            found.append(
                budget.Seen(visitor.name, told.bytes, training, watched, not visitor.gone, now - visitor.acted)
            )
        return found
