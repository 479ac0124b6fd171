"""What the C library does with freed memory: keep it, for the next update wants as much again.

A training step frees tens of megabytes and asks for them again. Left alone, glibc gives such blocks back to the system,
and every page of them costs a fault when it is touched next: a third of a small model's step (docs/log.md).
"""

from __future__ import annotations

import ctypes
import platform

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # of mallopt(3)
KEPT = 256 * 2**20  # bytes free at the top of the heap before it shrinks; larger blocks are mapped on their own


def keep_freed() -> bool:
    """Whether the C library has been told; only glibc can be. To be called before threads begin.

    One arena for all threads: those of a thread are unmapped as soon as they are empty, whatever the thresholds say.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    tell = ctypes.CDLL(None).mallopt
    wanted = {ARENA_MAX: 1, TRIM_THRESHOLD: KEPT, MMAP_THRESHOLD: KEPT}
    return all(tell(option, value) for option, value in wanted.items())
