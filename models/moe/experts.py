"""Many small networks at once: tokens are sorted by expert, and each expert multiplies its own stretch of rows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.dropout import dropout
from models.kernels.expert_places import Places, collect, place, spread
from models.kernels.expert_products import product


class ExpertLinear(nn.Module):
    """E linear maps side by side. Uninitialised until `init.initialise` has run."""

    def __init__(self, experts: int, inputs: int, outputs: int, *, bias: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(experts, outputs, inputs))
        self.bias = nn.Parameter(torch.empty(experts, outputs)) if bias else None

    def forward(self, x_RD: Tensor, places: Places) -> Tensor:
        """(R, outputs): each row times the matrix of its expert."""
        y_RF = product(x_RD, self.weight, places)
        return y_RF if self.bias is None else y_RF + F.embedding(places.expert_R, self.bias).to(y_RF.dtype)


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
        if torch.is_autocast_enabled(x_ND.device.type):
            x_ND = x_ND.to(torch.get_autocast_dtype(x_ND.device.type))
        places = place(experts_NK, kept_NK, self.count, x_ND.dtype)
        up_RF = self.up(spread(x_ND, places), places)
        if self.gated:
            gate_RF, up_RF = up_RF.chunk(2, dim=-1)
            h_RF = self.activation(gate_RF) * up_RF
        else:
            h_RF = self.activation(up_RF)
        y_RD = self.down(dropout(h_RF, rate, generator), places)
        return collect(y_RD, weights_NK if kept_NK is None else weights_NK * kept_NK, places)
