"""What an attention keeps of the tokens it has read, one row a token: in memory with room for more."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Kept(NamedTuple):
    """Tensors (..., S, C) of the S tokens read so far, as an attention names them: keys and values, for one."""

    tensors: tuple[Tensor, ...]
    memory: list[tuple[Tensor, ...]]
    """What they are the beginning of, with room behind them: at most one, for the first that continues. Whoever comes
    later copies, so that this stays valid.
    """


def grown(kept: Kept | None, new: tuple[Tensor, ...], most: int | None = None) -> tuple[tuple[Tensor, ...], Kept]:
    """The rows kept with the new ones behind them, and what to keep of both: the last `most` rows; None: all.

    Memory is allotted twice as long as needed, so that a row is copied about once however long the text gets. Where
    gradients flow every step has tensors of its own.
    """
    before, added = 0 if kept is None else kept.tensors[0].shape[-2], new[0].shape[-2]
    total = before + added
    drop, short = (0, False) if most is None else (max(0, total - most), added >= most)
    if kept is None or short or (torch.is_grad_enabled() and any(t.requires_grad for t in new)):
        rows = new if kept is None else tuple(torch.cat(pair, -2) for pair in zip(kept.tensors, new, strict=True))
        last = rows if drop == 0 else tuple(t.narrow(-2, drop, total - drop).clone() for t in rows)
        return rows, Kept(last, [])
    memory = _taken(kept, total) or tuple(_copied(t, 2 * total) for t in kept.tensors)
    for room, t in zip(memory, new, strict=True):
        room.narrow(-2, before, added).copy_(t)
    rows = tuple(room.narrow(-2, 0, total) for room in memory)
    if drop == 0:
        return rows, Kept(rows, [memory])
    memory = tuple(room.narrow(-2, drop, room.shape[-2] - drop) for room in memory)
    return rows, Kept(tuple(room.narrow(-2, 0, total - drop) for room in memory), [memory])


def _taken(kept: Kept, total: int) -> tuple[Tensor, ...] | None:
    """The room behind what is kept, if nobody has it and it is long enough."""
    try:
        memory = kept.memory.pop()  # in one step: of two threads one gets it
    except IndexError:
        return None
    usable = torch.is_inference_mode_enabled() or not memory[0].is_inference()
    return memory if usable and memory[0].shape[-2] >= total else None


def _copied(t: Tensor, length: int) -> Tensor:
    """Memory of so many rows that begins with these."""
    room = t.new_empty(*t.shape[:-2], length, t.shape[-1])
    room.narrow(-2, 0, t.shape[-2]).copy_(t)
    return room
