"""Matrix products by oneDNN: torch hands those of fp32 to MKL, and on some machines oneDNN is faster with many rows (an
AMD EPYC of 2024: docs/log.md). For a single row it is several times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

LEAST = 64
"""Rows from which on oneDNN is asked."""


class routed(TorchFunctionMode):
    """Inside, the fp32 products of this thread's linear maps with many rows are oneDNN's, those of their backward pass
    too: equal to torch's own to rounding. What other threads compute does not change.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is F.linear:
            return linear(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def linear(x: Tensor, weight_OD: Tensor, bias_O: Tensor | None = None) -> Tensor:
    """x W^T + b: (..., D) -> (..., O)."""
    exact = x.dtype == weight_OD.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    if not exact or x.device.type != "cpu" or x.numel() < LEAST * x.shape[-1]:
        return F.linear(x, weight_OD, bias_O)
    y = _Product.apply(x.flatten(0, -2), weight_OD).unflatten(0, x.shape[:-1])
    return y if bias_O is None else y + bias_O


def _product(x_ND: Tensor, weight_OD: Tensor) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x_ND, weight_OD, None, "none", [], "")


class _Product(torch.autograd.Function):
    """x W^T; each of its gradients is a product of the same kind."""

    @staticmethod
    def forward(ctx: Any, x_ND: Tensor, weight_OD: Tensor) -> Tensor:
        ctx.save_for_backward(x_ND, weight_OD)
        return _product(x_ND, weight_OD)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        x_ND, weight_OD = ctx.saved_tensors
        if torch.is_grad_enabled():  # somebody differentiates twice
            return grads[0] @ weight_OD, grads[0].mT @ x_ND
        whole = (t.contiguous().to_mkldnn() for t in (grads[0], x_ND, weight_OD))
        to_weight = torch.ops.aten.mkldnn_linear_backward_weights(*whole, False)[0]
        return _product(grads[0], weight_OD.mT), to_weight.to_dense()
