"""How much memory there is: the machine's, or what a container may have of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

NAME = "PLAYGROUND_MEMORY_GB"
FOLDERS = {"": "", "memory": "memory"}  # controller as /proc/self/cgroup names it -> folder: version 2, and 1
FILES = ("memory.max", "memory.limit_in_bytes")


def machine(root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> int:
    """Bytes that this process and its children may take together: the machine's memory, the limit of the container
    (control groups of Linux, either version) or what the operator said, whichever is least. Raises ValueError where
    the operator said no number.
    """
    said = environment.get(NAME, "").strip()
    try:
        told = [int(float(said) * 2**30)] if said else []
    except (ValueError, OverflowError):
        told = [0]
    if told and told[0] <= 0:
        raise ValueError(f"{NAME} is {said!r}. Write a number of gigabytes, such as 8.")
    return min([psutil.virtual_memory().total, *limits(root), *told])


def limits(root: Path = Path("/")) -> Iterator[int]:
    """Bytes that each control group around this process allows; none where there are none."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            if controller in FOLDERS:
                base = root / "sys/fs/cgroup" / FOLDERS[controller]
                inner = base / path.strip("/")
                # A container that sees only its own groups may be told a path that is not there.
                for folder in {base, inner, *inner.parents}:
                    if folder == base or base in folder.parents:
                        yield from _limit(folder)


def _limit(folder: Path) -> Iterator[int]:
    for name in FILES:
        try:
            said = (folder / name).read_text().strip()
        except OSError:
            continue
        if said.isdecimal() and int(said) > 0:  # "max" is no limit; version 1 writes a number above any memory
            yield int(said)
