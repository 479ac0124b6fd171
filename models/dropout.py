"""Dropout from an explicit generator, so that a run is the same in every thread (Srivastava et al. 2014)."""

from __future__ import annotations

import torch
from torch import Tensor


def dropout(x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """`x` with a share `rate` of its values zeroed and the rest divided by 1 - rate; `x` itself without a generator."""
    if generator is None or rate == 0.0:
        return x
    keep = torch.rand(x.shape, generator=generator, device=x.device) >= rate
    return x * keep / (1.0 - rate)


def uniform(x: Tensor, generator: torch.Generator) -> Tensor:
    """Random numbers from 0 to 1, as many as `x` has, of its kind."""
    return torch.rand(x.shape, generator=generator, device=x.device, dtype=x.dtype)
