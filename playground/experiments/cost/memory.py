"""Bytes that a computation really holds at once."""

from __future__ import annotations

from collections.abc import Callable

# What torch.autograd.profiler_legacy is made of.
from torch._C._autograd import _disable_profiler_legacy, _enable_profiler_legacy
from torch._C._profiler import ProfilerConfig, ProfilerState, _ExperimentalConfig


def peak_bytes(call: Callable[[], object]) -> int:
    """Bytes at the highest point of a call above its start: every allocation on the CPU that torch reports, in this
    thread alone; what an operation needs for itself included. The call takes longer meanwhile.

    torch's present profiler sees the same, but is one for the whole process and writes to its log.
    """
    _enable_profiler_legacy(ProfilerConfig(ProfilerState.CPU, False, True, False, False, False, _ExperimentalConfig()))
    try:
        call()
    finally:
        threads = _disable_profiler_legacy()
    held = highest = 0
    for event in (event for events in threads for event in events):
        if event.kind() == "memory_alloc":  # what is given back is negative
            held += event.cpu_memory_usage()
            highest = max(highest, held)
    return highest
