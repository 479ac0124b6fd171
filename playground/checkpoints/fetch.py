"""The files of a listing, into the cache that all tools of the Hub share."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from playground.checkpoints import cache
from playground.checkpoints.listing import Listing

Progress = Callable[[int, int, float], None]
"""(bytes done, bytes of all, bytes a second)."""
EVERY, SPAN = 0.2, 5.0
"""Seconds between two tellings, and over which the speed is taken."""


class Cancelled(Exception):
    """The visitor ended a download; what has come stays, and the next one goes on there."""


def fetch(listing: Listing, progress: Progress, cancelled: Callable[[], bool], *, token: str | None = None) -> Path:
    """Bring what is missing of a listing and give the folder, for `models.pretrained.load` and `tokenizer.read`.

    It blocks: call it in a thread or process of its own. Both functions are called a few times a second from there.
    Files that are there already are not asked for again; a broken connection is taken up where it broke, in a later
    call too. Each file is checked by its hash. A folder's listing gives its folder. Raises Cancelled, and ValueError
    with a sentence: what `problems` say, offline, gated, redirected elsewhere, damaged, no room on the disk.
    """
    if listing.problems:
        raise ValueError(" ".join(listing.problems))
    if listing.folder is not None:
        return listing.folder
    heard = Meter(listing.size, progress, cancelled)
    paths = [cache.bring(listing.name, listing.commit, file, heard, token) for file in listing.files]
    cache.note(listing.name, listing.revision, listing.commit)
    heard.tell()
    return paths[0].parent


class Meter:
    """Counts bytes, tells of them, and hears whether to end."""

    def __init__(self, total: int, progress: Progress, cancelled: Callable[[], bool]):
        self.total, self.progress, self.cancelled = total, progress, cancelled
        self.done, self.told = 0, 0.0
        self.lately: deque[tuple[float, int]] = deque()

    def __call__(self, size: int) -> None:
        """So many bytes more (fewer, where a server begins again). Raises Cancelled."""
        self.done += size
        now = time.monotonic()
        if now - self.told >= EVERY:
            self.told = now
            if self.cancelled():
                raise Cancelled
            self.tell()

    def tell(self) -> None:
        """Call the function that wants to know."""
        now = time.monotonic()
        self.lately.append((now, self.done))
        while now - self.lately[0][0] > SPAN and len(self.lately) > 2:
            self.lately.popleft()
        then, before = self.lately[0]
        self.progress(self.done, self.total, (self.done - before) / (now - then) if now > then else 0.0)
