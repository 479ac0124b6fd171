"""The files of a listing, into the cache that all tools of the Hub share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playground.checkpoints.listing import Listing

Progress = Callable[[int, int, float], None]
"""(bytes done, bytes of all, bytes a second)."""


class Cancelled(Exception):
    """The visitor ended a download; what has come stays, and the next one goes on there."""


def fetch(listing: Listing, progress: Progress, cancelled: Callable[[], bool], *, token: str | None = None) -> Path:
    """Bring what is missing of a listing and give the folder, for `models.pretrained.load` and `tokenizer.read`.

    It blocks: call it in a thread or process of its own. Both functions are called a few times a second from there.
    Files that are there already are not asked for again; a broken connection is taken up where it broke, in a later
    call too. Each file is checked by its hash. A folder's listing gives its folder. Raises Cancelled, and ValueError
    with a sentence: what `problems` say, offline, gated, redirected elsewhere, damaged, no room on the disk.
    """
    raise NotImplementedError
