"""Memory for time: a tensor that autograd would keep for the backward pass is made again there instead."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor


class _Recipe(NamedTuple):
    make: Callable[[], Tensor]
    shape: torch.Size


def recomputed(x: Tensor, make: Callable[[], Tensor]) -> AbstractContextManager[object]:
    """Inside, whoever would keep `x`, or a reshaped view of it, keeps `make`, which gives the same numbers.

    Gradients are the same. It pays where `make` is cheap and reads only what is kept anyway. It runs outside autocast.
    """
    if torch.compiler.is_compiling() or not torch.is_grad_enabled():  # a compiler decides by itself what to keep
        return nullcontext()
    place, numbers = x.data_ptr(), x.numel()

    def pack(kept: Tensor) -> Tensor | _Recipe:
        same = kept.data_ptr() == place and kept.numel() == numbers and kept.is_contiguous()
        return _Recipe(make, kept.shape) if same else kept

    def unpack(kept: Tensor | _Recipe) -> Tensor:
        return kept.make().view(kept.shape) if isinstance(kept, _Recipe) else kept

    return torch.autograd.graph.saved_tensors_hooks(pack, unpack)
