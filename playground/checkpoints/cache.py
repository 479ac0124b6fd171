"""The cache that all tools of the Hub share, in its own layout: a file is fetched once, and none is believed unchecked.

    models--owner--name/blobs/HASH                     the content
                        snapshots/COMMIT/config.json   a link to it
                        refs/main                      the commit that a revision meant last

huggingface_hub's own download begins a file anew after a broken process and compares no hash; so files come by this,
and its place is where every other tool finds them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from playground.checkpoints.listing import File
from playground.checkpoints.session import session, told

Heard = Callable[[int], None]
"""Told of so many bytes that have come, every moment; may raise to end the download."""
CHUNK = 2**20
TRIES, PAUSE = 5, 1.0
"""Broken connections in a row that bring nothing, and seconds between them."""
BUSY = (408, 429, 500, 502, 503, 504)
"""Answers after which another try may help."""


def repository(name: str) -> Path:
    """Where the cache keeps a repository."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"


def snapshot(name: str, revision: str) -> Path | None:
    """The folder of what was fetched of a revision, by its name or its commit; None if nothing was."""
    place = repository(name)
    with suppress(OSError):
        revision = (place / "refs" / revision).read_text().strip()
    folder = place / "snapshots" / revision
    return folder if folder.is_dir() else None


def note(name: str, revision: str, commit: str) -> None:
    """Write down which commit a revision means."""
    if revision and revision != commit:
        place = repository(name) / "refs" / revision
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(commit)


def bring(name: str, commit: str, file: File, heard: Heard, token: str | None) -> Path:
    """One file, from the cache or from the Hub. Raises ValueError with a sentence, and what `heard` raises."""
    place = repository(name)
    link, blob = place / "snapshots" / commit / file.name, place / "blobs" / file.hash
    if link.exists():
        heard(file.size)
        return link
    for folder in (link.parent, blob.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        _lock(held, place.parent / ".locks" / place.name / f"{file.hash}.lock", heard)
        if blob.exists():
            heard(file.size)
        else:
            _download(name, commit, file, blob, heard, token)
        if not link.exists():
            _link(blob, link)
    return link


def _lock(held: ExitStack, path: Path, heard: Heard) -> None:
    """Wait until no other process brings the same file."""
    from huggingface_hub.utils import WeakFileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        heard(0)
        with suppress(TimeoutError):
            held.enter_context(WeakFileLock(path, timeout=0.5))
            return


def _download(name: str, commit: str, file: File, blob: Path, heard: Heard, token: str | None) -> None:
    """The content into its place, on from where an earlier download stopped, its hash compared."""
    part = blob.with_name(f"{file.hash}.incomplete")
    come = part.stat().st_size if part.exists() else 0
    if come > file.size:
        part.unlink()
        come = 0
    if shutil.disk_usage(blob.parent).free < file.size - come:
        raise ValueError(f"There is no room on the disk for {file.name}: it has {file.size / 1e9:,.1f} GB.")
    heard(come)
    broken = 0
    while come < file.size:
        try:
            _more(name, commit, file, part, come, heard, token)
            broken = 0
        except Broken as error:
            grown = part.stat().st_size if part.exists() else 0
            broken = 1 if grown > come else broken + 1
            if broken == TRIES:
                raise ValueError(f"{error} {file.name} goes on where it stopped when you try again.") from None
            time.sleep(PAUSE)
        come = part.stat().st_size if part.exists() else 0
    if digest(part, file.hash, heard) != file.hash:
        part.unlink()
        raise ValueError(f"{file.name} of {name} came damaged: its hash is not the one that the Hub states. Try again.")
    part.replace(blob)


class Broken(Exception):
    """A connection that ended early, or an answer after which another try may help."""


def _more(name: str, commit: str, file: File, part: Path, come: int, heard: Heard, token: str | None) -> None:
    """One request for the rest of a file, written behind what there is."""
    import httpx2
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

    headers = build_hf_headers(token=token) | {"range": f"bytes={come}-", "accept-encoding": "identity"}
    address = hf_hub_url(name, file.name, revision=commit)
    with told(name, commit):
        try:
            with session().stream("GET", address, headers=headers) as response:
                if response.status_code in BUSY:
                    raise Broken(f"The Hub answers {response.status_code}.")
                hf_raise_for_status(response)
                if response.status_code != 206:  # all of it, from the start
                    heard(-come)
                    come = 0
                with part.open("r+b" if come else "wb") as out:
                    out.seek(come)
                    for chunk in response.iter_bytes(CHUNK):
                        come += len(chunk)
                        if come > file.size:
                            raise ValueError(f"{file.name} of {name} is longer than the Hub states.")
                        out.write(chunk)
                        heard(len(chunk))
        except httpx2.TransportError:
            raise Broken("The connection to the Hub broke.") from None
    if come < file.size:
        raise Broken("The connection to the Hub ended early.")


def digest(path: Path, like: str, heard: Heard = lambda size: None) -> str:
    """The hash of a file as the Hub states one: SHA-256 (64 digits), or git's SHA-1 of a blob (40)."""
    found = hashlib.sha256() if len(like) == 64 else hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
            heard(0)
    return found.hexdigest()


def _link(blob: Path, link: Path) -> None:
    try:
        link.symlink_to(os.path.relpath(blob, link.parent))
    except OSError:  # a system, or a disk, without symbolic links
        shutil.copyfile(blob, link)
