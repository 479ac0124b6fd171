"""The product of stretches of rows with one matrix per expert, by whichever route is quickest where it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.kernels.expert_places import Places, Plan

grouped_mm: Any = getattr(F, "grouped_mm", None)  # torch 2.10 and later


def product(x_RD: Tensor, weight_EFD: Tensor, places: Places) -> Tensor:
    """(R, F): the rows of expert e times weight_EFD[e] transposed. Rows behind all stretches come out 0."""
    with torch.autocast(x_RD.device.type, enabled=False):
        if places.plan is not None:
            return _Product.apply(x_RD, weight_EFD, places.plan)
        if grouped_mm is not None and x_RD.dtype == torch.bfloat16 and not any(n % 8 for n in weight_EFD.shape[1:]):
            return _grouped(x_RD, weight_EFD.to(x_RD.dtype), places.rows_E)
        return expert_product(x_RD, weight_EFD, places.rows_E)


def _grouped(x_RD: Tensor, weight_EFD: Tensor, rows_E: Tensor) -> Tensor:
    """One call, nothing read back from the device. For bfloat16, in rows of whole 16 bytes."""
    ends_E = rows_E.cumsum(0).to(torch.int32)
    behind_R1 = (torch.arange(len(x_RD), device=x_RD.device) >= ends_E[-1])[:, None]
    x_RD = x_RD.masked_fill(behind_R1, 0.0)  # where no group is, torch leaves both y and the gradient of x unset
    return grouped_mm(x_RD, weight_EFD.mT, offs=ends_E).masked_fill(behind_R1, 0.0)


class _Product(torch.autograd.Function):
    """Written by hand, because torch's gradient of one slice of the weights is as large as all of them."""

    @staticmethod
    def forward(ctx: Any, x_RD: Tensor, weight_EFD: Tensor, plan: Plan) -> Tensor:
        ctx.save_for_backward(x_RD, weight_EFD)
        ctx.plan = plan
        return _forward(x_RD, weight_EFD, plan)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        x_RD, weight_EFD = ctx.saved_tensors
        if torch.is_grad_enabled():  # somebody differentiates twice
            y_RF = _written(x_RD, weight_EFD, ctx.plan)
            to_x, to_weight = torch.autograd.grad(y_RF, (x_RD, weight_EFD), grads[0], create_graph=True)
            return to_x, to_weight, None
        return *_backward(grads[0], x_RD, weight_EFD, ctx.plan), None


def _stretches(plan: Plan) -> Iterator[tuple[Callable[..., Tensor], slice, int | slice, tuple[int, ...]]]:
    """For each product that has any rows: itself, its rows, its experts, the shape of its rows."""
    at = e = 0
    for count, length in plan:
        rows = slice(at, at + count * length)
        if length and count == 1:
            yield torch.mm, rows, e, (length, -1)
        elif length:
            yield torch.bmm, rows, slice(e, e + count), (count, length, -1)
        at, e = at + count * length, e + count


def _end(plan: Plan) -> int:
    return sum(count * length for count, length in plan)


def _forward(x_RD: Tensor, weight_EFD: Tensor, plan: Plan) -> Tensor:
    y_RF = x_RD.new_empty(len(x_RD), weight_EFD.shape[1])
    for multiply, rows, some, shape in _stretches(plan):
        weight = weight_EFD[some].to(x_RD.dtype)
        multiply(x_RD[rows].view(shape), weight.mT, out=y_RF[rows].view(shape))
    y_RF[_end(plan) :] = 0.0
    return y_RF


def _written(x_RD: Tensor, weight_EFD: Tensor, plan: Plan) -> Tensor:
    """`_forward` as torch differentiates it."""
    found = [
        multiply(x_RD[rows].view(shape), weight_EFD[e].to(x_RD.dtype).mT)
        for multiply, rows, e, shape in _stretches(plan)
    ]
    rest = x_RD.new_zeros(len(x_RD) - _end(plan), weight_EFD.shape[1])
    return torch.cat([*(y.flatten(0, -2) for y in found), rest])


def _backward(grad_RF: Tensor, x_RD: Tensor, weight_EFD: Tensor, plan: Plan) -> tuple[Tensor, Tensor]:
    grad_RF, grad_x_RD = grad_RF.contiguous(), torch.empty_like(x_RD)
    grad_w_EFD = torch.empty_like(weight_EFD) if all(length for _, length in plan) else torch.zeros_like(weight_EFD)
    for multiply, rows, some, shape in _stretches(plan):
        x, grad, weight = x_RD[rows].view(shape), grad_RF[rows].view(shape), weight_EFD[some].to(x_RD.dtype)
        multiply(grad, weight, out=grad_x_RD[rows].view(shape))
        if weight.dtype == weight_EFD.dtype:
            multiply(grad.mT, x, out=grad_w_EFD[some])
        else:
            grad_w_EFD[some] = multiply(grad.mT, x)
    grad_x_RD[_end(plan) :] = 0.0
    return grad_x_RD, grad_w_EFD


@torch.library.custom_op("transformer_playground::expert_product", mutates_args=())
def expert_product(x_RD: Tensor, weight_EFD: Tensor, rows_E: Tensor) -> Tensor:
    """The same for loads that are not known beforehand: an operation that torch.compile does not look into."""
    return _forward(x_RD, weight_EFD, tuple((1, n) for n in rows_E.tolist()))


@torch.library.custom_op("transformer_playground::expert_gradients", mutates_args=())
def expert_gradients(grad_RF: Tensor, x_RD: Tensor, weight_EFD: Tensor, rows_E: Tensor) -> tuple[Tensor, Tensor]:
    return _backward(grad_RF, x_RD, weight_EFD, tuple((1, n) for n in rows_E.tolist()))


@expert_product.register_fake
def _(x_RD: Tensor, weight_EFD: Tensor, rows_E: Tensor) -> Tensor:
    return x_RD.new_empty(len(x_RD), weight_EFD.shape[1])


@expert_gradients.register_fake
def _(grad_RF: Tensor, x_RD: Tensor, weight_EFD: Tensor, rows_E: Tensor) -> tuple[Tensor, Tensor]:
    return torch.empty_like(x_RD), torch.empty_like(weight_EFD)


def _keep(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _gradients(ctx: Any, grad_RF: Tensor) -> tuple[Tensor, Tensor, None]:
    return *expert_gradients(grad_RF, *ctx.saved_tensors), None


expert_product.register_autograd(_gradients, setup_context=_keep)
