"""Jitter and noise act in training and on the router alone, and its scores are exact in a rounded model."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models import Transformer
from models.mixture import MoE
from models.moe import NoisyTopK, RouterConfig, Switch
from models.moe.base import Asked
from models.tap import Pass
from tests.models.mixtures import ROUTED, batch, build, mixture, run, seeded
from tests.models.variants import inputs, small

LEARNED = {name: router for name, router in ROUTED.items() if router.learns}
learned = pytest.mark.parametrize("router", LEARNED.values(), ids=LEARNED.keys())


def heard(layer: Any, x_BTD: Tensor, **given: Any) -> tuple[Tensor, Tensor]:
    """What the router and what the experts read of a batch."""
    found: list[Tensor] = []
    for module in (layer.router, layer.experts):
        hook = module.register_forward_pre_hook(lambda _, args: found.append(getattr(args[0], "x_ND", args[0]).clone()))
        given.setdefault("hooks", []).append(hook)
    hooks = given.pop("hooks")
    run(layer, x_BTD, **given)
    for hook in hooks:
        hook.remove()
    return found[0], found[1]


@learned
def test_jitter_changes_the_routing_in_training_and_what_experts_read_never(router: Any):
    layer, plain, x_BTD = (build(mixture(r)) for r in (router.but(jitter=0.5), router)), None, batch()
    layer, plain = layer
    trained, evaluated = run(layer, x_BTD, train=0)[1], run(layer, x_BTD)[1]
    assert torch.equal(evaluated.logits_NE, run(plain, x_BTD)[1].logits_NE)
    assert not torch.equal(trained.logits_NE, run(plain, x_BTD, train=0)[1].logits_NE)
    if router.selects:
        assert not torch.equal(trained.experts_NK, evaluated.experts_NK)
    for mine in heard(layer, x_BTD, train=0):
        assert torch.equal(mine, x_BTD.flatten(0, 1))


def test_jitter_is_uniform_about_1_even_in_bfloat16():
    layer = build(mixture(Switch(jitter=0.01)))
    for dtype in (torch.float32, torch.bfloat16):
        x_ND = torch.ones(5000, 8, dtype=dtype)
        read_ND = layer.router.reads(Asked(x_ND, p=Pass(training=True, generator=seeded())))
        assert float(read_ND.min()) == pytest.approx(0.99, abs=1e-5)
        assert float(read_ND.max()) == pytest.approx(1.01, abs=1e-5)
        assert float(read_ND.std()) == pytest.approx(0.02 / math.sqrt(12), rel=0.01)


@torch.no_grad()
def test_noise_is_gaussian_of_the_trained_size_and_in_training_only():
    layer, x_BTD = build(mixture(NoisyTopK(noise=2.0))), batch(100, 20)
    clean = run(layer, x_BTD)[1].logits_NE
    assert torch.equal(clean, x_BTD.flatten(0, 1) @ layer.router.router.weight.T)
    added = run(layer, x_BTD, train=0)[1].logits_NE - clean
    spread = torch.log1p((x_BTD.flatten(0, 1) @ layer.router.noise.weight.T).exp())
    unit = added / (2.0 * spread)
    assert abs(float(unit.mean())) < 4 / math.sqrt(unit.numel())
    assert float(unit.std()) == pytest.approx(1, abs=0.03)
    assert torch.equal(run(build(mixture(NoisyTopK(noise=0.0))), x_BTD, train=0)[1].logits_NE, clean)


@learned
def test_scores_are_float32_in_a_rounded_model_unless_asked_otherwise(router: Any):
    x_BTD = batch()
    for precision, exact in (("float32", True), ("bfloat16", False)):
        layer = build(mixture(router.but(precision=precision)))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rounded = run(layer, x_BTD.bfloat16())[1]
        reference = x_BTD.bfloat16().float().flatten(0, 1) @ layer.router.router.weight.T
        assert rounded.logits_NE.dtype == torch.float32
        assert rounded.weights_NK.dtype == torch.float32
        assert torch.allclose(rounded.logits_NE, reference, rtol=1e-6, atol=1e-6) == exact
        torch.testing.assert_close(rounded.logits_NE, reference, rtol=0.03, atol=0.05)
        if exact:
            plain = run(layer, x_BTD.bfloat16().float())[1]
            assert torch.equal(plain.experts_NK, rounded.experts_NK)
            torch.testing.assert_close(plain.weights_NK, rounded.weights_NK)


@learned
def test_a_rounded_model_routes_as_the_exact_one_on_what_it_read(router: RouterConfig):
    """The whole model under autocast: the router's scores are exact products of what the layer read."""
    moe = MoE(hidden=12, experts=6, router=router)
    config = small(feed_forward=moe, topology="encoder-only", layers=1)
    model: Any = Transformer(config)
    layer, read = model.encoder.blocks[0].feed_forward, []
    layer.register_forward_pre_hook(lambda _, args: read.append(args[0]))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        routing = model(**inputs(config)).encoder[0].routing
    expected = read[0].float().flatten(0, 1) @ layer.router.router.weight.T
    torch.testing.assert_close(routing.logits_NE, expected, rtol=1e-6, atol=1e-7)
