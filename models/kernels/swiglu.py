"""silu(gate) * up (Shazeer 2020, arXiv:2002.05202), keeping less for the backward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def swiglu(x: Tensor) -> Tensor:
    """Of the two halves of the last axis, gate first: (..., 2F) -> (..., F)."""
    if x.device.type == "cpu" and not torch.compiler.is_compiling():
        return _SwiGLU.apply(x)
    gate, up = x.chunk(2, dim=-1)
    return F.silu(gate) * up


class _SwiGLU(torch.autograd.Function):
    """Keeps x alone and makes silu(gate) again. The gate is copied out: on the CPU silu of a half takes up to twice as
    long as of a whole.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        gate, up = x.chunk(2, dim=-1)
        return F.silu(gate.contiguous()).mul_(up)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        (x,), (gradient,) = ctx.saved_tensors, gradients
        gate, up = x.chunk(2, dim=-1)
        if torch.is_grad_enabled():  # somebody differentiates twice
            half = gate.sigmoid()
            slope = half * (1 + gate * (1 - half))
            return torch.cat((gradient * up * slope, gradient * gate * half), dim=-1)
        gate, both = gate.contiguous(), torch.empty_like(x)
        to_gate, to_up = both.chunk(2, dim=-1)
        room = F.silu(gate)
        torch.mul(room, gradient, out=to_up)
        torch.mul(gradient, up, out=room)
        to_gate.copy_(torch.ops.aten.silu_backward.grad_input(room, gate, grad_input=room))
        return both
