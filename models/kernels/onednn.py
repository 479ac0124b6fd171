"""Matrix products by oneDNN: torch hands those of fp32 to MKL, and for dozens of rows or more oneDNN can be about twice
as fast (an AMD EPYC of 2024: docs/log.md). For a single row it is several times slower.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_switch: Any = getattr(torch.backends.mkldnn, "matmul", None)  # torch 2.9 and later
_lock, _inside, _here = threading.Lock(), [0], threading.local()


@contextmanager
def routed() -> Iterator[None]:
    """Send fp32 matrix products to oneDNN, those of the backward pass too. Does nothing where torch has no such switch.

    The switch belongs to the process: it stays on until the last thread has left, so that what one computes inside
    does not depend on the others. Those outside get another library's products meanwhile, equal to rounding: whoever
    must repeat to the bit computes in one thread. Which kernels of ours run is each thread's own.
    torch calls the switch a precision, because on a CPU with AMX oneDNN then multiplies in bfloat16. Where there is
    none the products are exact: whoever enters has to have compared them.
    """
    _here.inside = getattr(_here, "inside", 0) + 1
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)
        _here.inside -= 1


def _enter(change: int) -> None:
    with _lock:
        _inside[0] += change
        if _switch is not None:
            _switch.fp32_precision = "bf16" if _inside[0] else "none"


def is_routed() -> bool:
    """Whether this thread sends fp32 products to oneDNN. A compiled model does not ask."""
    return _switch is not None and not torch.compiler.is_compiling() and getattr(_here, "inside", 0) > 0
