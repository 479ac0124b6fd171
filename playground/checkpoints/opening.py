"""A checkpoint is brought, loaded and read in a thread, since downloads and disks block; its weights are there once for
all who have it open in this process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from weakref import WeakValueDictionary

from models import pretrained
from playground.checkpoints import folder, hub, rules, tokenizer
from playground.checkpoints.fetch import Progress, fetch
from playground.checkpoints.listing import Listing
from playground.checkpoints.opened import Held, Opened

T = TypeVar("T")
HELD: WeakValueDictionary[tuple[object, ...], Held] = WeakValueDictionary()
"""Where its files lie, with their sizes and times -> what was read of them; forgotten when nobody has it open."""
LOADING = threading.Lock()


def seen(name: str, revision: str = "") -> Generator[None, None, Listing]:
    """What a repository or a folder holds. Raises ValueError with a sentence: forbidden, not there, not to be loaded
    here.
    """
    why = rules.forbidden(name)
    if why:
        raise ValueError(why)
    local = rules.is_folder(name)
    found = yield from beside(lambda over: folder.local(name) if local else hub.find(name, revision or None))
    return found


def opening(listing: Listing, progress: Progress) -> Generator[None, None, Opened]:
    """Bring what a listing names, and open it. Raises ValueError with a sentence."""
    problems = [*listing.problems, *filter(None, [rules.too_large(listing)])]
    if problems:
        raise ValueError(" ".join(problems))
    return (yield from beside(lambda over: Opened(listing, held(fetch(listing, progress, over), listing))))


def held(place: Path, listing: Listing) -> Held:
    """What is read of a folder; two who ask at once get the same."""
    files = (place / file.name for file in listing.files)
    key = (place.resolve(), *((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files))
    with LOADING:
        found = HELD.get(key)
        if found is None:
            loaded = pretrained.load(place)
            start = listing.settings.get("decoder_start_token_id")
            found = HELD[key] = Held(loaded, tokenizer.read(place, loaded.config.vocab), start or 0)
        return found


def beside(call: Callable[[Callable[[], bool]], T]) -> Generator[None, None, T]:
    """What a call gives that blocks, in a thread of its own; closing this tells it to end, which it asks for."""
    over = threading.Event()
    pool = ThreadPoolExecutor(1)
    future = pool.submit(call, over.is_set)
    try:
        while not future.done():
            yield
        return future.result()
    finally:
        over.set()
        pool.shutdown(wait=False)
