"""What the C library does with memory: keep what is freed, for the next update wants as much again, in large pages.

A training step frees tens of megabytes and asks for them again. Left alone, glibc gives such blocks back to the system,
and every page of them costs a fault when it is touched next; small pages also cost a walk through tables, and the more
in a virtual machine. Together that was a third of a small model's step (docs/log.md).
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Mapping
from contextlib import suppress

KEPT = 256 * 2**20  # bytes free at the top of the heap before it shrinks; larger blocks are mapped on their own
TUNABLES = {  # of glibc 2.35 and later; an older one passes over what it does not know
    "arena_max": 1,  # those of a thread are unmapped as soon as they are empty, whatever the thresholds say
    "trim_threshold": KEPT,
    "mmap_threshold": KEPT,
    "hugetlb": 1,  # madvise: large pages where the system has them
}
NAME = "GLIBC_TUNABLES"


def tuned(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that trains, with glibc told, which reads it only at the start. The same with
    another C library, or where somebody has told it already.
    """
    told = ":".join(f"glibc.malloc.{name}={value}" for name, value in TUNABLES.items())
    return ({NAME: told} if platform.libc_ver()[0] == "glibc" else {}) | dict(environment)


def give_back() -> None:
    """Give what is free back to the system, once much has been freed that nobody wants again soon."""
    with suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
