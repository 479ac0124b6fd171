"""Where the rows of experts stand: those of one expert together, in order of the experts. Neighbours whose loads are
alike have stretches of one length, so that one batched product serves them; rows that only fill up belong to nobody.

M counts the choices of all tokens, kept or not, R all rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

Plan = tuple[tuple[int, int], ...]
"""(experts, rows of each) of one batched product after the other, in order of the experts."""
CALL = 64
"""One more product costs about as much as so many more rows (oneDNN; MKL gains nothing by batches)."""
ROUND = 16
"""oneDNN compiles a kernel for each new length, at a cost of hundreds of rows: let there be few."""


class Places(NamedTuple):
    """Choice k of token n stands at row_NK[n, k]. Row r holds token_R[r], for expert_R[r]."""

    row_NK: Tensor
    token_R: Tensor
    expert_R: Tensor
    rows_E: Tensor
    plan: Plan | None
    """None: no row is filled up, and nothing was read back from the device."""


def place(experts_NK: Tensor, kept_NK: Tensor | None, experts: int, dtype: torch.dtype) -> Places:
    """A place for each choice. Those that are not kept stand behind all stretches, where nothing is multiplied."""
    expert_M, choices = experts_NK.flatten(), experts_NK.shape[1]
    if kept_NK is not None:
        expert_M = expert_M.masked_fill(~kept_NK.flatten(), experts)
    expert_M, order_M = expert_M.sort(stable=True)
    row_M = torch.arange(len(order_M), device=order_M.device)
    first = torch.searchsorted(expert_M, torch.arange(experts + 1, device=expert_M.device))
    token_R, expert_R, rows_E, plan = order_M // choices, expert_M, first.diff(), None
    if not torch.compiler.is_compiling() and order_M.device.type == "cpu":
        rows = rows_E.tolist()
        plan = planned(rows) if dtype == torch.bfloat16 else tuple((1, n) for n in rows)
        lengths = [0] + [length for count, length in plan for _ in range(count)]
        moved = torch.tensor(lengths).cumsum(0)
        end = int(moved[-1])
        row_M = (row_M + (moved - first)[expert_M]).clamp(max=end)
        token_R = order_M.new_zeros(end + 1).scatter_(0, row_M, token_R)
        expert_R = order_M.new_zeros(end + 1).scatter_(0, row_M, expert_M)
    row_NK = torch.empty_like(row_M).scatter_(0, order_M, row_M).view(experts_NK.shape)
    return Places(row_NK, token_R, expert_R.clamp(max=experts - 1), rows_E, plan)


def planned(rows: list[int]) -> Plan:
    """All experts at once, or the plans of either half, wherever filling up would cost more than another product."""

    def best(first: int, end: int) -> tuple[int, Plan]:
        count, length = end - first, _rounded(max(rows[first:end]))
        whole = count * length + (CALL if length else 0)
        if count == 1 or not length:
            return whole, ((count, length),)
        (left, plan), (right, rest) = best(first, (first + end) // 2), best((first + end) // 2, end)
        return (whole, ((count, length),)) if whole <= left + right else (left + right, plan + rest)

    return best(0, len(rows))[1]


def _rounded(length: int) -> int:
    """Up by a sixteenth at most, except where it is small."""
    step = max(ROUND, 1 << length.bit_length() >> 5)
    return -(-length // step) * step


def spread(x_ND: Tensor, places: Places) -> Tensor:
    """(R, D) each token at every place of its own."""
    if torch.compiler.is_compiling():
        return x_ND[places.token_R]
    return _Spread.apply(x_ND, places.row_NK, places.token_R)


def collect(y_RD: Tensor, weights_NK: Tensor, places: Places) -> Tensor:
    """(N, D) the weighted sum of what stands at the places of each token."""
    weights_NK = weights_NK.to(y_RD.dtype)
    if torch.compiler.is_compiling():
        return _sum(y_RD, places.row_NK, weights_NK)
    return _Collect.apply(y_RD, weights_NK, places.row_NK, places.token_R)


def _sum(y_RD: Tensor, row_NK: Tensor, weights_NK: Tensor | None) -> Tensor:
    if y_RD.device.type == "cpu" and not torch.compiler.is_compiling():
        return F.embedding_bag(row_NK, y_RD, mode="sum", per_sample_weights=weights_NK)
    y_NKD = y_RD[row_NK]
    return (y_NKD if weights_NK is None else y_NKD * weights_NK[..., None]).sum(dim=1)


class _Spread(torch.autograd.Function):
    """A copy of rows; the gradient is the sum over the copies. (torch's own adds them one by one.)"""

    @staticmethod
    def forward(ctx: Any, x_ND: Tensor, row_NK: Tensor, token_R: Tensor) -> Tensor:
        ctx.save_for_backward(row_NK)
        return x_ND.index_select(0, token_R)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        return _sum(grads[0], ctx.saved_tensors[0], None), None, None


class _Collect(torch.autograd.Function):
    """A weighted sum of rows."""

    @staticmethod
    def forward(ctx: Any, y_RD: Tensor, weights_NK: Tensor, row_NK: Tensor, token_R: Tensor) -> Tensor:
        ctx.save_for_backward(y_RD, weights_NK, row_NK, token_R)
        return _sum(y_RD, row_NK, weights_NK)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (y_RD, weights_NK, row_NK, token_R), (grad_ND,) = ctx.saved_tensors, grads
        weight_R = weights_NK.new_zeros(len(y_RD)).scatter_(0, row_NK.flatten(), weights_NK.flatten())
        grad_RD = grad_ND.index_select(0, token_R)
        grad_R = (grad_RD * y_RD).sum(dim=-1)
        twice = torch.is_grad_enabled()  # then what the product of above has kept must stay
        grad_RD = grad_RD * weight_R[:, None] if twice else grad_RD.mul_(weight_R[:, None])
        return grad_RD, grad_R[row_NK], None, None
