"""Dropout from an explicit generator, so that a run is the same in every thread (Srivastava et al. 2014)."""

from __future__ import annotations

import torch
from torch import Tensor


def dropout(x: Tensor, rate: float, generator: torch.Generator) -> Tensor:
    """`x` with a share `rate` of its values zeroed and the rest divided by 1 - rate; the generator is on x's device."""
    return x * (uniform(x, generator, torch.float32) >= rate) / (1.0 - rate)


def uniform(x: Tensor, generator: torch.Generator, dtype: torch.dtype | None = None) -> Tensor:
    """Random numbers from 0 to 1, as many as `x` has, of its kind."""
    return torch.rand(x.shape, generator=generator, device=x.device, dtype=dtype or x.dtype)
