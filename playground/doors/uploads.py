"""Uploaded files: how many come at once, and how much of them lies in their folder.

Environment: `PLAYGROUND_UPLOADS_GB` (all uploaded files together, 1).
"""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from playground.doors.bodies import UPLOAD
from playground.doors.refusals import Refused

AT_ONCE = 8  # uploads of one address
TOTAL = 2**30  # bytes of all files that were uploaded or wait to be saved
FILES = 5000  # and how many they are
LOOK = 4.0  # seconds between two looks at their folder


class Uploads:
    """How many run, and how much lies in their folder."""

    def __init__(self, folder: Path | None = None, total: int | None = None, at_once: int = AT_ONCE):
        given = os.environ.get("GRADIO_TEMP_DIR")
        self.folder = folder or Path(given or Path(tempfile.gettempdir()) / "gradio")
        self.total = _gigabytes("PLAYGROUND_UPLOADS_GB", TOTAL) if total is None else total
        self.at_once = at_once
        self.running: Counter[str] = Counter()
        self.coming = 0  # bytes that those running may bring
        self.held, self.files, self.looked = 0, 0, -math.inf

    @asynccontextmanager
    async def one(self, address: str, expected: int | None) -> AsyncIterator[None]:
        """A place for one upload of so many bytes (None if it does not say). Raises Refused where there is none."""
        if self.running[address] >= self.at_once:
            raise Refused(429, f"{self.at_once} uploads from your address are under way. Try again in a moment.")
        size = UPLOAD if expected is None else expected
        self.running[address] += 1
        self.coming += size
        try:
            if time.monotonic() - self.looked > LOOK:
                self.looked = time.monotonic()
                self.held, self.files = await asyncio.get_running_loop().run_in_executor(None, _lying, self.folder)
            if self.held + self.coming > self.total or self.files > FILES:
                raise Refused(507, "The server has no room for more files now. Try again in half an hour.")
            self.files += 1
            yield
            self.held += size  # until the folder is looked at again
        finally:
            self.running[address] -= 1
            if not self.running[address]:
                del self.running[address]
            self.coming -= size


def room(folder: Path, size: int) -> bool:
    """Whether one more file of so many bytes may lie there, to be fetched."""
    held, files = _lying(folder)
    return held + size <= _gigabytes("PLAYGROUND_UPLOADS_GB", TOTAL) and files < FILES


def _lying(folder: Path) -> tuple[int, int]:
    """(bytes, files) in a folder and those in it."""
    size = count = 0
    for entry in _entries(folder):
        count += 1
        try:
            size += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # just deleted
        if count > FILES:
            break
    return size, count


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from _entries(Path(entry.path))
                else:
                    yield entry
    except OSError:
        return


def _gigabytes(name: str, default: int) -> int:
    said = os.environ.get(name, "").strip()
    try:
        found = int(float(said) * 2**30) if said else default
    except (ValueError, OverflowError):
        found = 0
    if found <= 0:
        raise ValueError(f"{name} is {said!r}. Write a number of gigabytes above 0, such as 1.")
    return found
