"""relu(x)^2 (So et al. 2021, arXiv:2109.08668)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def squared_relu(x: Tensor) -> Tensor:
    """Elementwise; the shape of x."""
    return F.relu(x).square() if torch.compiler.is_compiling() else _SquaredReLU.apply(x)


class _SquaredReLU(torch.autograd.Function):
    """Keeps x, and nothing between it and the result; its gradient is 2 relu(x)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return F.relu(x).square_()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Any) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return F.relu(ctx.saved_tensors[0]).mul_(gradients[0]).mul_(2)
