"""The product of grouped rows with one matrix per group, by whichever route is quickest where it runs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

grouped_mm: Any = getattr(F, "grouped_mm", None)  # torch 2.10 and later


def product(x_MD: Tensor, weight_EFD: Tensor, rows_E: Tensor) -> Tensor:
    """(M, F): the first rows_E[0] rows times weight_EFD[0] transposed, and so on. Rows beyond their sum come out 0."""
    if torch.is_autocast_enabled(x_MD.device.type):
        dtype = torch.get_autocast_dtype(x_MD.device.type)
        x_MD, weight_EFD = x_MD.to(dtype), weight_EFD.to(dtype)
    with torch.autocast(x_MD.device.type, enabled=False):
        if torch.compiler.is_compiling() and grouped_mm is not None:
            return _grouped(x_MD, weight_EFD, rows_E)
        return _Segments.apply(x_MD, weight_EFD, tuple(rows_E.tolist()))


def _grouped(x_MD: Tensor, weight_EFD: Tensor, rows_E: Tensor) -> Tensor:
    """One call, nothing read back from the device."""
    ends_E = rows_E.cumsum(0).to(torch.int32)
    y_MF = grouped_mm(x_MD, weight_EFD.mT, offs=ends_E)
    beyond_M = torch.arange(len(x_MD), device=x_MD.device) >= ends_E[-1]
    return y_MF.masked_fill(beyond_M[:, None], 0.0)


class _Segments(torch.autograd.Function):
    """A matrix product per group. Written by hand, because the gradient of a slice is a full matrix of zeros."""

    @staticmethod
    def forward(ctx: Any, x_MD: Tensor, weight_EFD: Tensor, rows: tuple[int, ...]) -> Tensor:
        ctx.save_for_backward(x_MD, weight_EFD)
        ctx.rows = rows
        y_MF = x_MD.new_empty(len(x_MD), weight_EFD.shape[1])
        at = 0
        for e, n in enumerate(rows):
            if n:
                torch.mm(x_MD[at : at + n], weight_EFD[e].T, out=y_MF[at : at + n])
                at += n
        y_MF[at:] = 0.0
        return y_MF

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        (x_MD, weight_EFD), (grad_MF,) = ctx.saved_tensors, grads
        grad_x_MD, grad_w_EFD, at = torch.empty_like(x_MD), torch.empty_like(weight_EFD), 0
        for e, n in enumerate(ctx.rows):
            if n:
                g_NF = grad_MF[at : at + n]
                torch.mm(g_NF, weight_EFD[e], out=grad_x_MD[at : at + n])
                torch.mm(g_NF.T, x_MD[at : at + n], out=grad_w_EFD[e])
                at += n
            else:
                grad_w_EFD[e] = 0.0
        grad_x_MD[at:] = 0.0
        return grad_x_MD, grad_w_EFD, None
