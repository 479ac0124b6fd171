"""A process that trains runs: it reads orders and writes what happened, one JSON object a line.

Threads of one process share Python's lock, which at these sizes costs half of the second core (docs/decisions/0009); a
process of its own costs its start. JSON, because what reads a pickle runs it.

Orders: build {id, config or file (a run, in base64)} · train {until} · rest · picture {id, step, layer, head, word}.
Answers: {id, built, sentence} · {id, rows, seconds, tokens, diverged, finished} · {id, picture} · {id, error}.
It ends with its input.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import torch

from playground.comparison.picture import picture
from playground.runs import archive
from playground.runs.run import Diverged, Run, RunConfig
from playground.settings.limits import too_large

EVERY = 0.1  # seconds between two reports


class Worker:
    """Some runs, advanced one update each in turn, so that all have made the same number."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]):
        self.tell = tell
        self.runs: dict[int, Run] = {}
        self.until = 0
        self.seconds: dict[int, list[float]] = {}
        self.sent: dict[int, int] = {}
        self.told = 0.0

    def obey(self, order: dict[str, Any]) -> None:
        """Carry out one order; what goes wrong is told, not raised."""
        try:
            getattr(self, f"_{order['do']}")(**{k: v for k, v in order.items() if k != "do"})
        except ValueError as error:
            self.tell({"id": order.get("id"), "error": str(error)})

    def _build(self, id: int, config: dict[str, Any] | None = None, file: str = "") -> None:
        run = archive.read(base64.b64decode(file), too_large) if file else Run(RunConfig.model_validate(config))
        self.runs[id], self.seconds[id], self.sent[id] = run, [], 0
        self.tell({"id": id, "built": True, "sentence": self.runs[id].sentence})
        self._report(id)

    def _train(self, until: int) -> None:
        self.until = until

    def _rest(self) -> None:
        self.until = 0
        self.report()

    def _picture(self, id: int, **asked: Any) -> None:
        self.tell({"id": id, "picture": picture(self.runs[id], **asked)})

    def step(self) -> bool:
        """One update of every run that is behind; whether there was one."""
        moved = False
        for id, run in self.runs.items():
            if run.step >= min(self.until, run.training.steps) or run.diverged:
                continue
            began = time.thread_time()
            try:
                run.advance()
                self.seconds[id].append(time.thread_time() - began)
            except Diverged:
                self._report(id)
            moved = True
        if time.monotonic() - self.told > EVERY or not moved:
            self.report()
        return moved

    def report(self) -> None:
        """What every run has done since the last report."""
        self.told = time.monotonic()
        for id in self.runs:
            if self.sent[id] < len(self.runs[id].history.metrics):
                self._report(id)

    def _report(self, id: int) -> None:
        run, metrics = self.runs[id], self.runs[id].history.metrics
        seconds, self.seconds[id] = self.seconds[id], []
        self.tell(
            {
                "id": id,
                "rows": [list(row) for row in metrics[self.sent[id] :]],
                "seconds": seconds,
                "tokens": run.tokens,
                "diverged": str(run.diverged or ""),
                "finished": run.step >= run.training.steps,
            }
        )
        self.sent[id] = len(metrics)


def orders(lines: TextIO) -> queue.SimpleQueue[dict[str, Any] | None]:
    """What arrives, read on a thread of its own; None at the end."""
    waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def read() -> None:
        for line in lines:
            waiting.put(json.loads(line))
        waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    return waiting


def arrived(waiting: queue.SimpleQueue[dict[str, Any] | None], *, busy: bool) -> Iterator[dict[str, Any] | None]:
    """All orders that are there; waits for one where there is nothing else to do."""
    while True:
        try:
            yield waiting.get(block=not busy)
            busy = True
        except queue.Empty:
            return


def main() -> None:
    """Work until the input ends."""
    torch.set_num_threads(1)
    out, sys.stdout = sys.stdout, sys.stderr  # nothing else may write between the answers

    def tell(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer) + "\n")
        out.flush()

    worker, waiting, busy = Worker(tell), orders(sys.stdin), False
    os.nice(5)  # the page goes first
    while True:
        for order in arrived(waiting, busy=busy):
            if order is None:
                return
            worker.obey(order)
        busy = worker.step()


if __name__ == "__main__":
    main()
