"""Quantile balancing: its bias against loops by the source's rule, and what it does to the loads."""

import pytest
import torch
from torch import Tensor

from models import Transformer
from models.mixture import MixtureFeedForward, MoE
from models.moe import Balance, Quantile, TopK
from models.records import Routing
from tests.models.mixtures import batch, build, mixture, passing, run
from tests.models.variants import inputs, small


def slow(probs: list[list[float]], bias: list[float], k: int) -> list[float]:
    """kexue.fm/archives/11619: one token, then one expert at a time."""
    experts, share = len(bias), len(probs) * k // len(bias)
    alphas = [sorted((s + b for s, b in zip(row, bias, strict=True)), reverse=True)[k] for row in probs]
    found = []
    for j in range(experts):
        margins = sorted((row[j] - alpha for row, alpha in zip(probs, alphas, strict=True)), reverse=True)
        found.append(-margins[share])
    return [b - sum(found) / experts for b in found]


def skewed(router: Quantile | TopK, k: int = 2, **fields: object) -> tuple[MixtureFeedForward, Tensor]:
    """A router that likes the first experts best, whatever the token."""
    layer, x_BTD = build(mixture(router.but(k=k), **fields)), batch(8, 60)
    x_BTD[..., 0] = 1.0
    with torch.no_grad():
        layer.router.bias_E.zero_()
        layer.router.router.weight *= 0.3
        layer.router.router.weight[:, 0] = torch.linspace(1.5, 0.0, 6)
    return layer, x_BTD


def largest(routing: Routing) -> float:
    return float(routing.demand_E.max() / routing.demand_E.float().mean())


@pytest.mark.parametrize("k", [2, 3, 5])
@torch.no_grad()
def test_the_bias_is_the_sources_quantile(k: int):
    layer, x_BTD = skewed(Quantile(), k)
    layer.router.bias_E.copy_(torch.tensor([0.1, 0.0, -0.1, 0.05, -0.05, 0.0]))
    routing = run(layer, x_BTD)[1]
    expected = slow(routing.probs_NE.tolist(), layer.router.bias_E.tolist(), k)
    layer.after_update(routing)
    torch.testing.assert_close(layer.router.bias_E, torch.tensor(expected), rtol=1e-4, atol=1e-6)


@torch.no_grad()
def test_a_few_updates_even_the_loads_where_a_bias_that_moves_at_a_speed_is_on_its_way():
    layer, x_BTD = skewed(Quantile())
    moving, _ = skewed(TopK(), balance=Balance(bias_speed=0.001))
    before = largest(run(layer, x_BTD)[1])
    for _ in range(12):
        for one in (layer, moving):
            one.after_update(run(one, x_BTD)[1])
    assert before > 1.5
    assert largest(run(layer, x_BTD)[1]) < 1.05
    assert largest(run(moving, x_BTD)[1]) > 1 + 0.8 * (before - 1)


@torch.no_grad()
def test_gates_do_not_know_the_bias_and_padding_has_no_share():
    layer, x_BTD = skewed(Quantile())
    plain = run(layer, x_BTD)[1]
    layer.router.bias_E += 3.0
    assert torch.equal(run(layer, x_BTD)[1].experts_NK, plain.experts_NK)
    torch.testing.assert_close(run(layer, x_BTD)[1].weights_NK, plain.weights_NK)
    layer.router.bias_E.zero_()
    keep_BT = torch.arange(60).expand(8, 60) < 30
    layer.after_update(layer(x_BTD, passing(x_BTD, keep_BT))[1])
    padded = layer.router.bias_E.clone()
    layer.router.bias_E.zero_()
    layer.after_update(run(layer, x_BTD[:, :30])[1])
    torch.testing.assert_close(padded, layer.router.bias_E)


def test_the_bias_is_saved_and_set_by_the_model_after_an_update_and_all_experts_need_none():
    config = small(feed_forward=MoE(hidden=12, experts=4, router=Quantile()))
    model = Transformer(config)
    output = model(**inputs(config))
    assert model.decoder.blocks[0].feed_forward.router.bias_E.eq(0).all()
    model.after_update(output.decoder)
    for block in model.decoder.blocks:
        assert block.feed_forward.router.bias_E.any()
        assert block.feed_forward.router.bias_E.mean().abs() < 1e-6
    assert "decoder.blocks.0.feed_forward.router.bias_E" in model.state_dict()
    layer, x_BTD = skewed(Quantile(), 6)
    layer.after_update(run(layer, x_BTD)[1])
    assert not layer.router.bias_E.any()


def test_a_speed_is_refused():
    with pytest.raises(ValueError, match="quantile routing has no bias that moves at a speed"):
        small(feed_forward=MoE(router=Quantile(), balance=Balance(bias_speed=0.1)))
