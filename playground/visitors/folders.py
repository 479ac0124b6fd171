"""The folders that sessions are written to, one each: written whole or not at all, read with care, kept within bounds.

Nothing heavy is imported here: whoever looks after the folders need not know what stands in them.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

NAME = re.compile(r"[0-9a-f]{32}")
FILE = re.compile(
    r"(session\.json|(words|trials|run-\d{1,15}|compared-[0-9a-f]{32}|trial-[0-9a-f]{16}-\d{1,3})\.safetensors)(\.[0-9a-f]{16}\.part)?"
)
SESSION, WORDS, TRIALS = "session.json", "words.safetensors", "trials.safetensors"
RUN = 2**30  # bytes of the file of one run
MOST_BYTES = 2 * 2**30  # of all folders together
MOST_AGE = 14 * 24 * 3600.0  # seconds since a session was written last
PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def run(number: int) -> str:
    """The name of the file of a run."""
    return f"run-{number}.safetensors"


def compared(digest: str) -> str:
    """The name of the file that a variant of a comparison begins with."""
    return f"compared-{digest}.safetensors"


def trial(comparison: str, number: int) -> str:
    """The name of the file that a run of a comparison goes on from."""
    return f"trial-{comparison}-{number}.safetensors"


def check(folder: Path) -> None:
    """Raise ValueError for what is no folder of a session."""
    if not NAME.fullmatch(folder.name):
        raise ValueError(f"A session's folder is named by 32 hexadecimal digits; got {folder.name!r:.60}.")


def made(folder: Path) -> None:
    """Make a session's folder, for its owner's eyes alone. Raises OSError, also where the name is taken otherwise."""
    check(folder)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "its place is taken by something that is no folder", str(folder))


def write(path: Path, data: bytes) -> int:
    """Put a file in place as a whole, or leave the one before. Returns its bytes; raises OSError."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | PLAIN, 0o600), "wb") as file:
            file.write(data)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    return len(data)


def read(path: Path, most: int) -> bytes:
    """A plain file of at most so many bytes. Raises ValueError with a sentence for anything else; follows no link."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | PLAIN), "rb") as file:
            seen = os.fstat(file.fileno())
            if not stat.S_ISREG(seen.st_mode):
                raise ValueError("it is no file")
            if seen.st_size > most:
                raise ValueError(f"it has {seen.st_size:,} bytes, more than {most:,}")
            return file.read(most + 1)[:most]
    except OSError as error:
        raise ValueError(error.strerror or "it cannot be read") from error


def tidy(folder: Path, keep: Collection[str]) -> None:
    """Delete what a session does not need any more; what is none of its files is left alone."""
    for entry in _entries(folder):
        if FILE.fullmatch(entry.name) and entry.name not in keep and not entry.is_dir(follow_symlinks=False):
            with suppress(OSError):
                Path(entry.path).unlink()


def forget(folder: Path) -> None:
    """Delete a session's files, and its folder if nothing else is in it. Harmless where there is none."""
    check(folder)
    with suppress(OSError):
        if stat.S_ISDIR(folder.lstat().st_mode):
            tidy(folder, ())
            folder.rmdir()


class _Found(NamedTuple):
    path: Path
    written: float
    """When, by the wall clock."""
    bytes: int


def sweep(
    data_folder: Path, most_bytes: int = MOST_BYTES, most_age: float = MOST_AGE, keep: Collection[str] = frozenset()
) -> list[str]:
    """Forget sessions that were not written for too long (seconds), then the oldest until all are small enough; never
    those to keep. Returns their names. What is no session's folder is neither counted nor touched.
    """
    found = sorted(_sessions(data_folder), key=lambda one: one.written)
    total, now, gone = sum(one.bytes for one in found), time.time(), []
    for one in found:
        if one.path.name not in keep and (now - one.written > most_age or total > most_bytes):
            forget(one.path)
            total -= one.bytes
            gone.append(one.path.name)
    return gone


def _sessions(data_folder: Path) -> Iterator[_Found]:
    for entry in _entries(data_folder):
        if NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
            seen = []
            for file in _entries(Path(entry.path)):
                with suppress(OSError):
                    seen.append(file.stat(follow_symlinks=False))
            with suppress(OSError):
                times = [one.st_mtime for one in seen] or [entry.stat(follow_symlinks=False).st_mtime]
                yield _Found(Path(entry.path), max(times), sum(one.st_size for one in seen))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


@dataclass
class Trace:
    """What of a session is in its folder."""

    runs: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    """Number of a run -> what its file holds."""
    words: tuple[Any, ...] | None = None
    """What the file of the word vectors holds."""
    waiting: dict[int, Any] = field(default_factory=dict)
    """Number -> what is known of runs that stand in the folder and were not read yet."""
    compared: tuple[Any, ...] | None = None
    """What the file of the comparison holds."""
    trials: dict[str, int] = field(default_factory=dict)
    """Name of a file of a run of it -> the step that it holds."""
    at: float = 0.0
    """When it was written last, by the wall clock; 0 for never."""
    training: bool = False
    """Whether the run trained then."""
    notice: str = ""
    """What was said then; for who moves or has slept, it goes on being said."""
