"""Memory: how much all sessions may take together, and who sleeps when there is no room."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import psutil

from playground.compute.allocator import tuned
from playground.compute.memory import machine

SHARE = 0.6  # of the memory; the rest is the page's, the system's, and room for what one step takes for a moment
MOST = 200  # sessions awake at once
ACTIVE = 60.0  # seconds since the last press in which somebody who is connected counts as busy
NEEDED = 64 * 2**20  # bytes of an ordinary new session, with what its first steps take


def resident(pid: int) -> int:
    """Bytes that a process holds by itself; 0 where it is gone. Files that it has mapped, such as its libraries, are
    not counted: processes share these, and the system takes them back when it must.
    """
    try:
        found = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    return found.rss - getattr(found, "shared", 0)


def free() -> int:
    """Bytes that the machine has left, whoever has the others."""
    return psutil.virtual_memory().available


class Budget:
    """`limit` is how many bytes the workers may take together, of `total` (without one, of what there is)."""

    def __init__(
        self,
        total: int | None = None,
        share: float = SHARE,
        most: int = MOST,
        measure: Callable[[int], int] = resident,
        left: Callable[[], int] = free,
    ):
        self.total = machine() if total is None else total
        self.limit, self.most = int(share * self.total), most
        self.measure, self.left = measure, left

    def used(self, pids: Iterable[int]) -> int:
        """Bytes that these processes hold."""
        return sum(map(self.measure, pids))

    def room(self, pids: Iterable[int]) -> int:
        """Bytes left for sessions beside what these workers hold; below 0, so many are to be given back."""
        spare = self.left() - (self.total - self.limit) // 8  # others live on this machine too
        return min(self.limit - self.used(pids), spare)

    def full(self, pids: Iterable[int], awake: int, need: int = NEEDED) -> str:
        """Why no session can be woken beside `awake` others, or ""."""
        if awake >= self.most:
            return f"This server is full: {awake:,} visitors are using it. Try again in a few minutes."
        if self.room(pids) < need:
            return f"This server's memory is full: {awake:,} visitors are using it. Try again in a few minutes."
        return ""


class Seen(NamedTuple):
    """A session that is awake, as far as its memory goes."""

    name: str
    bytes: int
    training: bool
    """Whether anything of it computes."""
    watched: bool
    """Whether a stream shows it."""
    connected: bool
    """Whether its tab is there."""
    idle: float
    """Seconds since the last press."""


def sleepers(sessions: Sequence[Seen], need: int, most: int = MOST) -> list[str]:
    """Whom to put to sleep so that `need` bytes come free and no more than `most` are left awake, the longest idle
    first; fewer than that where the others are in use. Nobody sleeps who computes, is watched or has just pressed.
    """
    resting = [one for one in sessions if not (one.training or one.watched or (one.connected and one.idle < ACTIVE))]
    chosen: list[str] = []
    freed = 0
    for one in sorted(resting, key=lambda one: -one.idle):
        enough = len(sessions) - len(chosen) <= most
        if enough and freed >= need:
            break
        if one.bytes > 0 or not enough:  # nothing is won by one that holds nothing
            chosen.append(one.name)
            freed += one.bytes
    return chosen


SECRET = re.compile(r"(TOKEN|KEY|SECRET)S?$|SECRET_|PASSW|CREDENTIAL|^AWS_|(^|_)(PAT|PWD|AUTH|DSN)(_|$)")
HARMLESS = {"PWD", "OLDPWD"}  # the shell's folders
INSIDE = re.compile(r"://[^/@\s]*:[^/@\s]*@")  # an address with a name and a password


def worker_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a worker is started with: this environment without anything secret, one thread, and the C library told to
    keep freed memory.
    """
    open_ = {
        name: value
        for name, value in environment.items()
        if name in HARMLESS or not (SECRET.search(name.upper()) or INSIDE.search(value))
    }
    # More threads are slower at these sizes, and take the cores of other workers.
    single = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
    return tuned(open_ | single)
