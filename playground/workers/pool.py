"""All workers as the page's process holds them: started on demand, asked, listened to, and missed when they end."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from playground.workers import protocol as p
from playground.workers.process import Process

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
IDLE = 120.0  # seconds that a worker without work lives on, but for the first
HEAVY = 0.2  # seconds of one update from which a session shares a worker with its like


def most() -> int:
    """Workers at once, apart from the one of heavy sessions."""
    return max(1, min(16, int(os.environ.get("PLAYGROUND_WORKERS") or CORES)))


class Ended(RuntimeError):
    """The worker that was asked is gone."""


class Worker:
    """One of them. `load` is what it said last of its sessions."""

    def __init__(self, process: Process, *, heavy: bool = False):
        self.process, self.heavy = process, heavy
        self.asked: dict[int, asyncio.Future[p.Answer]] = {}
        self.load: dict[str, tuple[int, int, float, bool]] = {}
        self.work: dict[str, float] = {}
        """Remote jobs that it runs, with how much each computes."""
        self.homes: set[str] = set()
        """Sessions that live there."""
        self.up = False
        self.ended = False
        self.used = time.monotonic()

    def send(self, message: p.Message) -> None:
        self.process.send(p.encoded(message))

    @property
    def busy(self) -> int:
        """How many compute there."""
        return len(self.work) + sum(told[0] > 0 for told in self.load.values())


class Pool:
    """`heard` is told every frame and every sleep, `lost` the sessions of a worker that ended unasked."""

    def __init__(
        self,
        heard: Callable[[Worker, p.Message], None],
        lost: Callable[[Worker, set[str]], None],
        start: Callable[[], Process] = Process,
        first: Process | None = None,
    ):
        self.heard, self.lost, self.start = heard, lost, start
        self.workers: list[Worker] = []
        self.numbers = itertools.count(1)
        self.jobs: dict[str, tuple[Worker, Worker]] = {}
        """Remote job -> whose it is, and who runs it."""
        self.tasks: set[asyncio.Task[None]] = set()
        self.first = first
        self.closing = False

    # ---- starting and ending ----
    async def another(self, *, heavy: bool = False) -> Worker:
        """One more worker; it answers once it has imported what it needs."""
        process, self.first = self.first or self.start(), None
        worker = Worker(process, heavy=heavy)
        self.workers.append(worker)
        await process.join()
        task = asyncio.get_running_loop().create_task(self._listen(worker))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return worker

    async def _listen(self, worker: Worker) -> None:
        decoder = worker.process.decoder
        try:
            while data := await worker.process.receive():
                for message in decoder.feed(data):
                    self._take(worker, message)
        except Exception as error:  # whatever it said, it cannot be trusted any more
            print(f"A worker could not be understood and is ended: {error}", file=sys.stderr)
            worker.process.process.kill()
        self._gone(worker)

    def _gone(self, worker: Worker) -> None:
        worker.ended = True
        if worker in self.workers:
            self.workers.remove(worker)
        for waiting in worker.asked.values():
            if not waiting.done():
                waiting.set_exception(Ended())
        for job, (owner, runner) in list(self.jobs.items()):
            if runner is worker and owner is not worker:
                owner.send(p.Report(job, {"ended": True}))
            elif owner is worker and runner is not worker:
                runner.send(p.End(job))
                runner.work.pop(job, None)
            if worker in (owner, runner):
                self.jobs.pop(job, None)
        if not self.closing:
            self.lost(worker, worker.homes)

    async def end(self) -> None:
        """Let every worker write everything down."""
        self.closing = True
        await asyncio.gather(*(worker.process.end() for worker in list(self.workers)), return_exceptions=True)

    async def tidy(self) -> None:
        """End workers that have had nothing to do for a while; the first stays warm."""
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.homes or worker.work:
                worker.used = now
            elif len(self.workers) > 1 and now - worker.used > IDLE and worker is not self.workers[0]:
                self.workers.remove(worker)
                await worker.process.end()

    # ---- talking ----
    async def ask(self, worker: Worker, message: Callable[[int], p.Message]) -> p.Answer:
        """The answer to a question, made from its number. Raises Ended where the worker ends meanwhile."""
        if worker.ended:
            raise Ended
        number = next(self.numbers)
        future: asyncio.Future[p.Answer] = asyncio.get_running_loop().create_future()
        worker.asked[number] = future
        worker.send(message(number))
        try:
            return await future
        finally:
            worker.asked.pop(number, None)

    def _take(self, worker: Worker, message: p.Message) -> None:
        worker.up = True
        if isinstance(message, p.Answer):
            waiting = worker.asked.get(message.re)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif isinstance(message, p.Load):
            worker.load = {name: tuple(told) for name, told in message.sessions.items()}  # type: ignore[misc]
        elif isinstance(message, p.Begin):
            self._place(worker, message)
        elif isinstance(message, (p.Order, p.End)):
            owner, runner = self.jobs.get(message.job, (None, None))
            if runner is not None:
                runner.send(message)
            if isinstance(message, p.End) and runner is not None:
                self.jobs.pop(message.job, None)
                runner.work.pop(message.job, None)
        elif isinstance(message, p.Report):
            owner, runner = self.jobs.get(message.job, (None, None))
            if owner is not None:
                owner.send(message)
                if message.data.get("ended"):
                    self.jobs.pop(message.job, None)
                    worker.work.pop(message.job, None)
        else:
            self.heard(worker, message)

    def _place(self, owner: Worker, message: p.Begin) -> None:
        """A remote job, to whoever has least to do; more workers are started while there are cores for them."""
        runner = min(self.light(), key=lambda w: (sum(w.work.values()), w.busy, w is owner), default=owner)
        self.jobs[message.job] = (owner, runner)
        runner.work[message.job] = float(message.spec.get("work") or 1.0)
        runner.send(message)

    # ---- where sessions live ----
    def light(self) -> list[Worker]:
        """The workers of ordinary sessions."""
        return [worker for worker in self.workers if not worker.heavy]

    async def home(self, *, heavy: bool = False) -> Worker:
        """Where a session is to live: with whoever has least to do."""
        there = [worker for worker in self.workers if worker.heavy == heavy]
        if not there or (not heavy and len(there) < most() and all(worker.homes for worker in there)):
            fresh = asyncio.ensure_future(self.another(heavy=heavy))
            if not there:
                return await fresh
        there = [worker for worker in there if not worker.ended] or self.light()
        return min(there, key=lambda w: (not w.up, w.busy, len(w.homes)))

    def uneven(self) -> tuple[str, Worker] | None:
        """A session that computes and a worker that has two fewer of these, where there are such."""
        light = [worker for worker in self.light() if worker.up]
        if len(light) < 2:
            return None
        most_, least = max(light, key=lambda w: w.busy), min(light, key=lambda w: w.busy)
        if most_.busy - least.busy < 2:
            return None
        movable = [name for name, told in most_.load.items() if told[3] and name in most_.homes]
        return (movable[-1], least) if movable else None

    def heavy(self) -> str | None:
        """A session whose steps keep the others of its worker waiting."""
        for worker in self.light():
            for name, (_, _, pace, movable) in worker.load.items():
                if movable and pace > HEAVY and len(worker.homes) > 1 and name in worker.homes:
                    return name
        return None

    def about(self) -> dict[str, Any]:
        """How things are, for the log."""
        return {w.process.pid: {"homes": len(w.homes), "busy": w.busy, "heavy": w.heavy} for w in self.workers}
