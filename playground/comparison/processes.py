"""The processes that train variants, as the page's process holds them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Answer = dict[str, Any]


class Process:
    """One worker. `heard` is called with every answer, on a thread of its own, and with {"ended": True} at the end."""

    def __init__(self, heard: Callable[[Answer], None]):
        self.heard, self.writing = heard, threading.Lock()
        settings = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "playground.comparison.worker"],
            cwd=ROOT,
            env=os.environ | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.reader = threading.Thread(target=self._read, name="worker", daemon=True)
        self.reader.start()

    def order(self, do: str, **what: Any) -> None:
        """Send an order; nothing happens where the process has ended."""
        assert self.process.stdin is not None
        try:
            with self.writing:  # one order a line, whichever thread gives it
                self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
                self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            self.heard({"ended": True})

    def close(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # an order that was not read any more
                pipe.close()  # type: ignore[union-attr]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.heard(json.loads(line))
        self.heard({"ended": True})


def shared_out(work: list[float], among: int) -> list[int]:
    """Which of `among` workers each piece of work goes to, the largest first to whoever has least."""
    load, place = [0.0] * among, [0] * len(work)
    for i in sorted(range(len(work)), key=lambda i: -work[i]):
        place[i] = min(range(among), key=lambda w: load[w])
        load[place[i]] += work[i]
    return place
