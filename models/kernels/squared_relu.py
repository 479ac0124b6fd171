"""relu(x)^2 (So et al. 2021, arXiv:2109.08668)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def squared_relu(x: Tensor) -> Tensor:
    """Elementwise; the shape of x."""
    eager = torch.is_grad_enabled() and not torch.compiler.is_compiling()
    return _SquaredReLU.apply(x) if eager else F.relu(x).square()


class _SquaredReLU(torch.autograd.Function):
    """Keeps x, and nothing between it and the result; its gradient is 2 relu(x)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        y = F.relu(x)
        return y.mul_(y)  # square_ has no rule for vmap

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        slope = F.relu(ctx.saved_tensors[0])
        if torch.is_grad_enabled():  # somebody differentiates twice
            return 2 * slope * gradients[0]
        return slope.mul_(gradients[0]).mul_(2)
