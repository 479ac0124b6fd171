"""Many small networks at once: tokens are sorted by expert, and each expert multiplies its own stretch of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from models.dropout import dropout
from models.moe.products import product


class ExpertLinear(nn.Module):
    """E linear maps side by side. Uninitialised until `init.initialise` has run."""

    def __init__(self, experts: int, inputs: int, outputs: int, *, bias: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(experts, outputs, inputs))
        self.bias = nn.Parameter(torch.empty(experts, outputs)) if bias else None

    def forward(self, x_MD: Tensor, rows_E: Tensor, expert_M: Tensor) -> Tensor:
        """Rows of expert e, standing together in order of e, times its matrix. `rows_E`: how many each has."""
        y = product(x_MD, self.weight, rows_E)
        return y if self.bias is None else y + self.bias[expert_M].to(y.dtype)


class Experts(nn.Module):
    """y = Σ over a token's experts of gate x W_down act(W_up x), as `DenseFeedForward` for each."""

    def __init__(
        self, experts: int, width: int, hidden: int, activation: Callable[[Tensor], Tensor], *, gated: bool, bias: bool
    ):
        super().__init__()
        self.count, self.gated, self.activation = experts, gated, activation
        self.up = ExpertLinear(experts, width, (1 + gated) * hidden, bias=bias)
        self.down = ExpertLinear(experts, hidden, width, bias=bias)

    def forward(
        self,
        x_ND: Tensor,
        experts_NK: Tensor,
        weights_NK: Tensor,
        kept_NK: Tensor | None,
        *,
        rate: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """(N, D). What is not kept adds exactly nothing. `rate`: dropout of the hidden numbers."""
        tokens, choices = experts_NK.shape
        expert_M = experts_NK.flatten()
        if kept_NK is not None:
            expert_M = expert_M.masked_fill(~kept_NK.flatten(), self.count)  # behind all others
        expert_M, order_M = expert_M.sort(stable=True)
        rows_E = torch.bincount(expert_M, minlength=self.count)[: self.count]
        y_MD = self._compute(_Sorted.apply(x_ND, order_M, choices), rows_E, expert_M, rate, generator)
        y_NKD = _Unsorted.apply(y_MD, order_M).view(tokens, choices, -1)
        if kept_NK is not None:
            weights_NK = weights_NK * kept_NK
        return torch.bmm(weights_NK[:, None].to(y_NKD.dtype), y_NKD).squeeze(1)

    def _compute(self, x_MD: Tensor, rows_E: Tensor, expert_M: Tensor, rate: float, generator: Any) -> Tensor:
        up_MF = self.up(x_MD, rows_E, expert_M.clamp(max=self.count - 1))
        if self.gated:
            gate_MF, up_MF = up_MF.chunk(2, dim=-1)
            h_MF = self.activation(gate_MF) * up_MF
        else:
            h_MF = self.activation(up_MF)
        return self.down(dropout(h_MF, rate, generator), rows_E, expert_M.clamp(max=self.count - 1))


class _Sorted(torch.autograd.Function):
    """Rows of x, each as often as it was chosen, by expert; the gradient is the sum of the copies."""

    @staticmethod
    def forward(ctx: Any, x_ND: Tensor, order_M: Tensor, choices: int) -> Tensor:
        ctx.save_for_backward(order_M)
        ctx.choices = choices
        return x_ND[order_M // choices]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (order_M,), (grad_MD,) = ctx.saved_tensors, grads
        back_MD = torch.empty_like(grad_MD)
        back_MD[order_M] = grad_MD
        return back_MD.view(-1, ctx.choices, grad_MD.shape[-1]).sum(dim=1), None, None


class _Unsorted(torch.autograd.Function):
    """The rows back in the order of the tokens."""

    @staticmethod
    def forward(ctx: Any, y_MD: Tensor, order_M: Tensor) -> Tensor:
        ctx.save_for_backward(order_M)
        out_MD = torch.empty_like(y_MD)
        out_MD[order_M] = y_MD
        return out_MD

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return grads[0][ctx.saved_tensors[0]], None
