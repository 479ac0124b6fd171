"""All workers as the page's process holds them: started on demand, asked, listened to, and missed when they end.

It is long because a worker's beginning, its questions and its end share what is known of it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from playground.workers import protocol as p
from playground.workers.process import Process

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
IDLE = 120.0  # seconds that a worker without work lives on, but for the first
HEAVY = 0.3  # seconds of one update from which a session shares a worker with its like
FAILED = 10.0  # seconds without another one after one that did not come up
HUNG = 600  # looks, two a second, without a sign of life until a worker is taken for dead; a stopped clock counts none


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
        self.load: dict[str, p.Told] = {}
        self.work: dict[str, float] = {}
        """Remote jobs that it runs, with how much each computes."""
        self.homes: set[str] = set()
        """Sessions that live there."""
        self.up = False
        self.ended = False
        self.silent = 0
        """Looks since it said anything."""
        self.used = time.monotonic()

    def send(self, message: p.Message) -> None:
        self.process.send(p.encoded(message))

    @property
    def busy(self) -> int:
        """How many compute there."""
        return len(self.work) + sum(told.jobs > 0 for told in self.load.values())


class Pool:
    """`heard` is told every frame, sleep and load, `lost` the sessions of a worker that ended unasked."""

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
        self.rests = 0.0
        """When the next may be started that nobody waits for."""

    # ---- starting and ending ----
    def another(self, *, heavy: bool = False) -> Worker:
        """One more worker; it answers once it has imported what it needs. Raises Ended where none can be started."""
        if self.closing:
            raise Ended
        try:
            process, self.first = self.first or self.start(), None
        except OSError as error:  # no memory, or no more processes
            print(f"No worker can be started: {error}", file=sys.stderr)
            self.rests = time.monotonic() + FAILED
            raise Ended from error
        worker = Worker(process, heavy=heavy)
        self.workers.append(worker)  # at once: whoever comes in the same moment finds it
        self._soon(self._listen(worker))
        return worker

    def spare(self) -> None:
        """Have one ready for whoever comes next, where all others have something to do and there are cores for it."""
        light = self.light()
        if len(light) < most() and all(w.homes or w.work for w in light) and time.monotonic() >= self.rests:
            with suppress(Ended):
                self.another()

    def _soon(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(what)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _listen(self, worker: Worker) -> None:
        decoder = worker.process.decoder
        try:
            await worker.process.join()
            while data := await worker.process.receive():
                for message in decoder.feed(data):
                    self._take(worker, message)
        except Exception as error:  # whatever it said, it cannot be trusted any more
            print(f"A worker could not be understood and is ended: {error}", file=sys.stderr)
            worker.process.kill()
        self._gone(worker)
        await worker.process.end()  # nothing of it stays behind

    def _gone(self, worker: Worker) -> None:
        worker.ended = True
        if not worker.up:
            self.rests = time.monotonic() + FAILED
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
        """End workers that have had nothing to do for a while, but for the first and a spare one for whoever comes; and
        those that say nothing any more.
        """
        now, somebody = time.monotonic(), any(worker.homes for worker in self.workers)
        spare = next((w for w in self.light() if not (w.homes or w.work)), None) if somebody else None
        for worker in list(self.workers):
            worker.silent += 1
            if worker.silent > HUNG:
                print(f"The worker {worker.process.pid} does not answer and is ended.", file=sys.stderr)
                worker.process.kill()
            if worker.homes or worker.work:
                worker.used = now
            elif now - worker.used > IDLE and worker is not self.workers[0] and worker is not spare:
                self.workers.remove(worker)
                self._soon(worker.process.end())

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
        worker.up, worker.silent = True, 0
        if isinstance(message, p.Answer):
            waiting = worker.asked.get(message.re)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        elif isinstance(message, p.Load):
            worker.load = {name: p.Told(*told) for name, told in message.sessions.items()}
            self.heard(worker, message)
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
        self.spare()
        runner = min(self.light(), key=lambda w: (sum(w.work.values()), w.busy, w is owner), default=owner)
        self.jobs[message.job] = (owner, runner)
        runner.work[message.job] = float(message.spec.get("work") or 1.0)
        runner.send(message)

    # ---- where sessions live ----
    def light(self) -> list[Worker]:
        """The workers of ordinary sessions."""
        return [worker for worker in self.workers if not worker.heavy]

    def home(self, *, heavy: bool = False) -> Worker:
        """Where a session is to live: with whoever has least to do. Raises Ended where there is nobody."""
        there = [worker for worker in self.workers if worker.heavy == heavy]
        if not there:
            return self.another(heavy=heavy)
        if not heavy:
            self.spare()
        return min(there, key=lambda w: (not w.up, w.busy, len(w.homes)))

    def uneven(self) -> tuple[str, Worker] | None:
        """A session that computes and a worker that has two fewer of these, where there are such."""
        light = [worker for worker in self.light() if worker.up]
        if len(light) < 2:
            return None
        most_, least = max(light, key=lambda w: w.busy), min(light, key=lambda w: w.busy)
        if most_.busy - least.busy < 2:
            return None
        movable = [name for name, told in most_.load.items() if told.movable and name in most_.homes]
        return (movable[-1], least) if movable else None

    def heavy(self) -> str | None:
        """A session that opens a checkpoint, or whose steps keep the others of its worker waiting."""
        for worker in self.light():
            for name, told in worker.load.items():
                waited_for = told.pace > HEAVY and len(worker.homes) > 1
                if told.movable and name in worker.homes and (told.opens or waited_for):
                    return name
        return None

    def heavy_up(self) -> bool:
        """Whether the worker of heavy sessions can take one. Where there is none it is started: until it has imported
        what it needs, they are better off where they are.
        """
        there = [worker for worker in self.workers if worker.heavy]
        if not there and time.monotonic() >= self.rests:
            with suppress(Ended):
                self.another(heavy=True)
        return any(worker.up for worker in there)

    def about(self) -> dict[int, Any]:
        """How things are, for the log."""
        return {w.process.pid: {"homes": len(w.homes), "busy": w.busy, "heavy": w.heavy} for w in self.workers}
