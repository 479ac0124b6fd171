"""The feed-forward network against a loop over its neurons, with each activation from its formula."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from models.feedforward import ACTIVATIONS, Dense

FORMULAS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(x, 0.0),
    "relu2": lambda x: max(x, 0.0) ** 2,
    "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "gelu-tanh": lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "silu": lambda x: x / (1 + math.exp(-x)),
}


def test_every_activation_has_its_formula_here():
    assert ACTIVATIONS.keys() == FORMULAS.keys()


@pytest.mark.parametrize("activation", FORMULAS)
@pytest.mark.parametrize("gated", [False, True], ids=["plain", "gated"])
@pytest.mark.parametrize("bias", [False, True], ids=["no bias", "biases"])
@torch.no_grad()
def test_a_feed_forward_equals_a_loop_over_its_neurons(activation: Any, gated: bool, bias: bool):
    layer: Any = Dense(hidden=6, activation=activation, gated=gated, bias=bias).build(4)
    generator = torch.Generator().manual_seed(0)
    for p in layer.parameters():
        p.data.normal_(generator=generator)
    x = torch.randn(1, 3, 4, generator=generator)
    y, routing = layer(x)
    assert routing is None
    for t in range(3):
        inside = [float(row @ x[0, t]) for row in layer.up.weight]
        inside = [a + float(b) for a, b in zip(inside, layer.up.bias, strict=True)] if bias else inside
        active = [FORMULAS[activation](a) for a in inside[:6]]
        active = [a * b for a, b in zip(active, inside[6:], strict=True)] if gated else active
        expected = layer.down.weight @ torch.tensor(active) + (layer.down.bias if bias else 0.0)
        torch.testing.assert_close(y[0, t], expected, rtol=1e-4, atol=1e-5)
