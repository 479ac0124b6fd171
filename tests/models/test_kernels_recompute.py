"""What is made again in the backward pass instead of kept: the same gradients, from less memory."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from models.feedforward import Dense
from models.kernels.recompute import recomputed
from models.kernels.squared_relu import squared_relu
from models.kernels.swiglu import swiglu


def drawn(*shape: int, dtype: torch.dtype = torch.double) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=dtype).requires_grad_()


def held(call: Callable[[], Tensor]) -> int:
    """Bytes that a call allocates and has not freed while its result is there."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as run:
        y = call()
    assert y.requires_grad
    return sum(e.nbytes() for e in run.profiler.kineto_results.events() if e.name() == "[memory]")  # pyright: ignore


def through(x: Tensor, w: Tensor, *, again: bool) -> Tensor:
    hidden = x.exp()
    with recomputed(hidden, lambda: x.exp()) if again else nullcontext():
        return F.linear(hidden, w).sin()


def test_gradients_of_what_is_made_again_are_the_plain_ones():
    x, w = drawn(2, 3, 4), drawn(5, 4)
    assert torch.autograd.gradcheck(lambda x, w: through(x, w, again=True), (x, w))
    assert torch.autograd.gradgradcheck(lambda x, w: through(x, w, again=True), (x, w))
    mine, plain = (torch.autograd.grad(through(x, w, again=again).sum(), (x, w)) for again in (True, False))
    assert all(map(torch.equal, mine, plain))


def test_it_is_made_again_at_every_use_and_no_other_tensor_is():
    x, w, calls = drawn(3, 4), drawn(4), []
    hidden = x.exp()
    with recomputed(hidden, lambda: calls.append(1) or x.exp()):
        y = hidden.view(4, 3).square().sum() + (hidden.T * w[:, None]).sum() + hidden[:2].square().sum()
    for _ in range(2):
        torch.autograd.grad(y, (x, w), retain_graph=True)
    assert len(calls) == 2  # of the square, twice; a transposed view and a part are kept as they are
    assert torch.equal(torch.autograd.grad(hidden.square().sum(), hidden)[0], 2 * hidden)


def test_squared_relu_is_that_of_torch():
    x = torch.linspace(-3, 3, 7, requires_grad=True)
    y, plain = squared_relu(x), F.relu(x).square()
    assert torch.equal(y, plain)
    weights = torch.arange(7.0)
    assert torch.equal(torch.autograd.grad(y, x, weights)[0], torch.autograd.grad(plain, x, weights)[0])
    assert torch.autograd.gradcheck(squared_relu, drawn(3, 4))
    assert squared_relu(torch.tensor([torch.nan])).isnan()


def gated(x: Tensor) -> Tensor:
    gate, up = x.chunk(2, dim=-1)
    return F.silu(gate) * up


def test_swiglu_is_that_of_torch():
    x = drawn(2, 5, 14, dtype=torch.float32)
    y, plain = swiglu(x), gated(x)
    torch.testing.assert_close(y, plain)
    for weights in (drawn(2, 5, 7, dtype=torch.float32).detach(), torch.ones(()).expand(2, 5, 7)):
        mine, others = (torch.autograd.grad(v, x, weights, retain_graph=True)[0] for v in (y, plain))
        torch.testing.assert_close(mine, others)
    assert torch.autograd.gradcheck(swiglu, drawn(2, 3, 6))
    assert swiglu(torch.tensor([torch.nan, 1.0])).isnan()
    assert swiglu(torch.tensor([1.0, torch.nan])).isnan()


FEEDS = {"relu2": (False, lambda up: F.relu(up).square()), "silu": (True, gated)}


@pytest.mark.parametrize("dtype", [None, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("activation", FEEDS)
def test_a_feed_forward_keeps_one_tensor_of_its_hidden_width_less(activation: Any, dtype: torch.dtype | None):
    gates, between = FEEDS[activation]
    layer: Any = Dense(hidden=24, activation=activation, gated=gates).build(8)
    for p in layer.parameters():
        p.data.normal_(generator=torch.Generator().manual_seed(0))
    x = drawn(2, 5, 8, dtype=torch.float32)

    def call() -> Tensor:
        with torch.autocast("cpu", dtype, cache_enabled=False) if dtype else nullcontext():
            return layer(x)[0]

    def plainly() -> Tensor:
        with torch.autocast("cpu", dtype, cache_enabled=False) if dtype else nullcontext():
            return F.linear(between(F.linear(x, layer.up.weight)), layer.down.weight)

    needed = (x, layer.up.weight, layer.down.weight)
    for mine, plain in zip(*(torch.autograd.grad(f().sum(), needed) for f in (call, plainly)), strict=True):
        torch.testing.assert_close(
            mine, plain, rtol=1e-5 if dtype is None else 2e-2, atol=2e-6 if dtype is None else 2e-2
        )
    assert held(plainly) - held(call) >= 2 * 5 * 24 * (4 if dtype is None else 2)
