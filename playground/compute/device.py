"""Where a run computes: CUDA, MPS or the CPU, chosen automatically unless asked, with a sentence when it cannot be
had.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


class Place(NamedTuple):
    """The device, how the page names it, and why it is not the one asked for (or empty)."""

    device: torch.device
    label: str
    detail: str
    sentence: str


def choose(wish: DeviceName = "auto") -> Place:
    """The best device there is, or the one wished for; falls back to the CPU and says so."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wish == "auto":
        wish = next(name for name in ("cuda", "mps", "cpu") if there[name])  # type: ignore[assignment]
    sentence = (
        ""
        if there[wish]
        else f"This machine has no {wish.upper()} device that torch can use; the run computes on the CPU."
    )
    name = wish if there[wish] else "cpu"
    if name == "cuda":
        return Place(torch.device("cuda"), "CUDA", torch.cuda.get_device_name(), sentence)
    return Place(torch.device(name), name.upper(), "1 thread" if name == "cpu" else "Apple GPU", sentence)
