"""Many small networks at once: tokens are sorted by expert, and each expert multiplies its own stretch of rows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.kernels.expert_places import Places, collect, place, spread
from models.kernels.expert_products import product
from models.tap import IDLE, Pass


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
        self, x_ND: Tensor, experts_NK: Tensor, weights_NK: Tensor, kept_NK: Tensor | None, p: Pass = IDLE
    ) -> Tensor:
        """(N, D). What is not kept adds exactly nothing. `p.rate`: dropout of the hidden numbers."""
        y_RD, places = self._computed(x_ND, experts_NK, kept_NK, p)
        return collect(y_RD, weights_NK if kept_NK is None else weights_NK * kept_NK, places)

    def each(self, x_ND: Tensor, experts_NK: Tensor, kept_NK: Tensor | None, p: Pass) -> Tensor:
        """(N, K, D): the output of each choice by itself, 0 where it is not kept."""
        y_RD, places = self._computed(x_ND, experts_NK, kept_NK, p)
        y_NKD = y_RD[places.row_NK]
        return y_NKD if kept_NK is None else y_NKD * kept_NK[..., None]

    def _computed(self, x_ND: Tensor, experts_NK: Tensor, kept_NK: Tensor | None, p: Pass) -> tuple[Tensor, Places]:
        if torch.is_autocast_enabled(x_ND.device.type):
            x_ND = x_ND.to(torch.get_autocast_dtype(x_ND.device.type))
        places = place(experts_NK, kept_NK, self.count, x_ND.dtype)
        up_RF = self.up(spread(x_ND, places), places)
        if self.gated:
            gate_RF, up_RF = up_RF.chunk(2, dim=-1)
            h_RF = self.activation(gate_RF) * up_RF
        else:
            h_RF = self.activation(up_RF)
        return self.down(p.dropout(h_RF, p.rate), places), places
