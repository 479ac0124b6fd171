"""Every route of the experts' products equals one slow product per choice, in values and in gradients."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

import hypothesis
import hypothesis.strategies as st
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from models.kernels.expert_places import CALL, ROUND, Places, planned
from models.kernels.expert_products import product
from models.moe.experts import Experts

EXACT, ROUNDED = 5e-7, 1.5e-2  # relative, in the norm


class Given(NamedTuple):
    experts_NK: Tensor
    kept_NK: Tensor | None
    experts: int


def routing(tokens: int, experts: int, k: int, *, some: bool = False, fewer: int | None = None) -> Given:
    """Random choices among the first `fewer` experts; `some`: not all of them kept."""
    generator = torch.Generator().manual_seed(tokens)
    scores = torch.rand(tokens, fewer or experts, generator=generator) ** 0.2 * torch.arange(1, (fewer or experts) + 1)
    kept = torch.rand(tokens, k, generator=generator) > 0.3
    return Given(scores.topk(k).indices, kept if some else None, experts)


GIVEN = {
    "uneven": routing(90, 8, 2),
    "some not kept": routing(90, 8, 2, some=True),
    "many experts": routing(300, 64, 3, some=True),
    "all on one expert": routing(50, 8, 1, fewer=1),
    "empty experts": routing(40, 16, 2, fewer=3),
    "one token": routing(1, 8, 2),
    "nothing kept": routing(9, 4, 1)._replace(kept_NK=torch.zeros(9, 1, dtype=torch.bool)),
}


def layer(given: Given, width: int = 16, **options: Any) -> Experts:
    made = Experts(given.experts, width, 24, F.gelu, **{"gated": False, "bias": False} | options)
    generator = torch.Generator().manual_seed(1)
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.3, generator=generator)
    return made


def inputs(given: Given, width: int = 16) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(2)
    x_ND = torch.randn(len(given.experts_NK), width, generator=generator)
    weights_NK = torch.rand(given.experts_NK.shape, generator=generator) + 0.1
    return x_ND.requires_grad_(), weights_NK.requires_grad_()


def slow(made: Experts, x_ND: Tensor, given: Given, weights_NK: Tensor) -> Tensor:
    """Choice by choice."""
    y_ND = x_ND * 0.0
    for n, row in enumerate(given.experts_NK.tolist()):
        for k, e in enumerate(row):
            if given.kept_NK is None or given.kept_NK[n, k]:
                up, down = ([p[e] for p in part.parameters()] for part in (made.up, made.down))
                h = F.linear(x_ND[n], *up)
                if made.gated:
                    gate, value = h.chunk(2)
                    h = made.activation(gate) * value
                else:
                    h = made.activation(h)
                one = F.linear(h, *down) * weights_NK[n, k]
                y_ND = y_ND.index_add(0, torch.tensor([n]), one[None])
    return y_ND


def results(forward: Any, made: Experts, x_ND: Tensor, given: Given, weights_NK: Tensor) -> list[Tensor]:
    """The output, and the gradients of the input, the gates and all weights."""
    y_ND = forward(x_ND, given.experts_NK, weights_NK, given.kept_NK)
    upstream = torch.randn(y_ND.shape, generator=torch.Generator().manual_seed(3)).to(y_ND.dtype)
    return [y_ND, *torch.autograd.grad(y_ND, [x_ND, weights_NK, *made.parameters()], upstream, materialize_grads=True)]


def agree(got: list[Tensor], made: Experts, x_ND: Tensor, given: Given, weights_NK: Tensor, limit: float) -> None:
    """With the slow way in float64."""
    exact, x_ND, weights_NK = deepcopy(made).double(), x_ND.double(), weights_NK.double()
    wanted = results(lambda x, _, w, __: slow(exact, x, given, w), exact, x_ND, given, weights_NK)
    for mine, theirs in zip(got, wanted, strict=True):
        assert (mine - theirs).norm() <= limit * theirs.norm()


@pytest.mark.parametrize("rounds", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("bias", [False, True], ids=["plain", "gated, with biases"])
@pytest.mark.parametrize("name", GIVEN)
def test_each_route_equals_one_product_per_choice(name: str, bias: bool, rounds: bool):
    given = GIVEN[name]
    made, (x_ND, weights_NK) = layer(given, gated=bias, bias=bias), inputs(given)
    with torch.autocast("cpu", torch.bfloat16, enabled=rounds):
        got = results(made, made, x_ND, given, weights_NK)
    agree(got, made, x_ND, given, weights_NK, ROUNDED if rounds else EXACT)


@pytest.mark.compiled
@pytest.mark.parametrize("width", [16, 6])  # rows of 6 are no whole 16 bytes, which grouped_mm asks for
@pytest.mark.parametrize("bf16", [False, True], ids=["fp32", "bf16"])
@pytest.mark.parametrize("name", GIVEN)
def test_compiled_whole_they_do_too(name: str, bf16: bool, width: int):
    given = GIVEN[name]
    made, (x_ND, weights_NK) = layer(given, width, bias=True), inputs(given, width)
    torch.compiler.reset()
    compiled = torch.compile(made, fullgraph=True, backend="aot_eager")
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        got = results(compiled, made, x_ND, given, weights_NK)
    agree(got, made, x_ND, given, weights_NK, ROUNDED if bf16 else EXACT)


@pytest.mark.parametrize("packed", [False, True], ids=["filled up", "packed"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_rows_behind_all_stretches_come_out_0_and_get_no_gradient(packed: bool, dtype: torch.dtype):
    behind = 5
    plan = None if packed else ((2, 8), (2, 0))
    rows_E, nobody = torch.tensor([8, 8, 0, 0]), torch.zeros(1, dtype=torch.long)
    places = Places(nobody[None], nobody, nobody, rows_E, plan)
    x_RD = torch.randn(16 + behind, 16).to(dtype)
    x_RD[16:] = torch.inf
    weight_EFD = torch.randn(4, 24, 16).to(dtype)
    y_RF = product(x_RD.requires_grad_(), weight_EFD.requires_grad_(), places)
    grad_x_RD, grad_w_EFD = torch.autograd.grad(y_RF, [x_RD, weight_EFD], torch.ones_like(y_RF))
    assert y_RF[:16].count_nonzero() == y_RF[:16].numel()
    assert not y_RF[16:].any()
    assert not grad_x_RD[16:].any()
    assert grad_w_EFD[:2].isfinite().all()
    assert not grad_w_EFD[2:].any()


def test_the_gradients_are_those_of_differences():
    given = GIVEN["some not kept"]
    made, (x_ND, weights_NK) = layer(given, 4).double(), inputs(given, 4)
    few = Given(given.experts_NK[:12], given.kept_NK[:12], given.experts)
    assert torch.autograd.gradcheck(
        lambda x, w, *_: made(x, few.experts_NK, w, few.kept_NK),
        (x_ND[:12].detach().double().requires_grad_(), weights_NK[:12].detach().double().requires_grad_()),
    )


@hypothesis.given(st.lists(st.integers(0, 3000), min_size=1, max_size=64))
def test_a_plan_has_room_for_every_row_and_wastes_little(rows: list[int]):
    plan = planned(rows)
    lengths = [length for count, length in plan for _ in range(count)]
    assert len(lengths) == len(rows)
    assert all(length >= n for length, n in zip(lengths, rows, strict=True))
    assert len(plan) * CALL + sum(lengths) <= 2 * sum(rows) + (CALL + ROUND) * len(rows)
    assert all(length == 0 for count, length in plan if not length)


def test_neighbours_alike_share_a_product_and_one_that_stands_out_has_its_own():
    assert planned([100, 97, 99, 112]) == ((4, 112),)
    assert planned([30, 20, 25, 31, 30, 2000, 20, 10]) == ((4, 32), (1, 32), (1, 2048), (2, 32))
    assert planned([0, 0, 0, 50]) == ((2, 0), (2, 64)) or planned([0, 0, 0, 50]) == ((2, 0), (1, 0), (1, 64))
    assert planned([0, 0]) == ((2, 0),)
