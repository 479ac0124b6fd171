"""Derivatives beyond the gradient: second ones, and those of each example, through the default models."""

from typing import Any

import pytest
import torch
from torch.func import functional_call, grad, vmap

from models import Transformer, TransformerConfig
from models.feedforward import Dense
from models.norm import Norm
from tests.models.variants import inputs, mixed, noisy, small

SWIGLU = Dense(hidden=24, activation="silu", gated=True)
CASES: dict[str, TransformerConfig] = {
    "default": small(feed_forward=Dense(hidden=24)),
    "RMSNorm": small(),
    "LayerNorm, relu²": small(norm=Norm(kind="LayerNorm"), feed_forward=Dense(hidden=24)),
    "LayerNorm, SwiGLU": small(norm=Norm(kind="LayerNorm"), feed_forward=SWIGLU),
    "RMSNorm, SwiGLU": small(feed_forward=SWIGLU),
}
MIXED = {"mixture": small(feed_forward=mixed({"kind": "soft"}, activation="relu2"))}  # no choice that a step may flip


def loss(model: Any, parameters: dict[str, Any], given: dict[str, Any]) -> Any:
    output = functional_call(model, parameters, (given["ids_BT"],), {"record": ["*.pattern"]})
    return output.logits_BTV.log_softmax(-1)[..., 3].square().sum()


@pytest.mark.parametrize("config", (CASES | MIXED).values(), ids=(CASES | MIXED).keys())
def test_hessian_vector_products_are_those_of_finite_differences(config: TransformerConfig):
    model, given = noisy(Transformer(config)), inputs(config)
    generator, step = torch.Generator().manual_seed(0), 3e-3
    names, ps = zip(*((n, p) for n, p in model.named_parameters() if "router" not in n), strict=True)
    along = [torch.randn(p.shape, generator=generator) * p.detach().std() for p in ps]

    def gradient(sign: float, **options: Any) -> tuple[torch.Tensor, ...]:
        moved = [(p + sign * step * v).detach().requires_grad_() if sign else p for p, v in zip(ps, along, strict=True)]
        whole = dict(model.named_parameters()) | dict(zip(names, moved, strict=True))
        return torch.autograd.grad(loss(model, whole, given), moved, **options)

    first = gradient(0.0, create_graph=True)
    got = torch.autograd.grad(sum((g * v).sum() for g, v in zip(first, along, strict=True)), ps)
    expected = [(a - b) / (2 * step) for a, b in zip(gradient(1.0), gradient(-1.0), strict=True)]
    apart, size = ([x.flatten() for x in xs] for xs in ((a - b for a, b in zip(got, expected, strict=True)), expected))
    error = torch.cat(apart).norm() / torch.cat(size).norm()
    assert error < 0.05, f"relative error {error:.3f}"


@pytest.mark.parametrize("config", CASES.values(), ids=CASES.keys())
def test_gradients_of_each_example_are_those_of_each_alone(config: TransformerConfig):
    model, ids_BT = noisy(Transformer(config)), inputs(config)["ids_BT"]
    parameters = {name: p.detach() for name, p in model.named_parameters()}

    def of_one(parameters: dict[str, Any], ids_T: torch.Tensor) -> torch.Tensor:
        return loss(model, parameters, {"ids_BT": ids_T[None]})

    together = vmap(grad(of_one), in_dims=(None, 0))(parameters, ids_BT)
    for i, ids_T in enumerate(ids_BT):
        model.zero_grad()
        loss(model, dict(model.named_parameters()), {"ids_BT": ids_T[None]}).backward()
        for name, p in model.named_parameters():
            torch.testing.assert_close(together[name][i], p.grad, rtol=1e-3, atol=1e-4)
