"""The bias that keeps the balance: it moves against the load, selects and does nothing else."""

import pytest
import torch
from torch import Tensor

from models import Transformer
from models.mixture import MixtureFeedForward, MoE
from models.moe import Balance, DeepSeekMoE, DeepSeekV3, NoisyTopK, RouterConfig, Switch, TopK
from models.moe.balance import move_bias
from tests.models.mixtures import batch, build, mixture, run
from tests.models.variants import inputs, small

BIASED = [TopK(), Switch(), NoisyTopK(), DeepSeekMoE(groups=3, groups_kept=2), DeepSeekV3(k=3, groups=3, groups_kept=2)]


def skewed(router: RouterConfig, speed: float = 0.02) -> tuple[MixtureFeedForward, Tensor]:
    """A router that likes the first experts best, whatever the token."""
    layer = build(mixture(router, balance=Balance(bias_speed=speed)))
    layer.router.bias_E.zero_()
    x_BTD = batch(8, 64)
    x_BTD[..., 0] = 1.0
    with torch.no_grad():
        layer.router.router.weight *= 0.3
        layer.router.router.weight[:, 0] = torch.linspace(1.5, 0.0, 6)
    return layer, x_BTD


def imbalance(layer: MixtureFeedForward, x_BTD: Tensor) -> float:
    demand_E = run(layer, x_BTD)[1].demand_E.float()
    return float(demand_E.max() / demand_E.mean())


def test_an_overloaded_expert_falls_and_every_other_rises():
    bias_E = torch.tensor([0.5, 0.0, -0.5, 0.0])
    move_bias(bias_E, torch.tensor([9, 1, 4, 2]), 0.1)  # on average 4
    assert bias_E.tolist() == pytest.approx([0.4, 0.1, -0.5, 0.1])


@pytest.mark.parametrize("router", BIASED, ids=lambda router: router.kind)
def test_load_evens_out_under_the_bias_and_runs_away_with_its_sign_turned(router: RouterConfig):
    layer, x_BTD = skewed(router)
    before = imbalance(layer, x_BTD)
    for _ in range(60):
        layer.after_update(run(layer, x_BTD)[1])
    assert before > 1.5
    assert imbalance(layer, x_BTD) < 1 + 0.4 * (before - 1)
    layer, _ = skewed(router)
    for _ in range(60):
        move_bias(layer.router.bias_E, run(layer, x_BTD)[1].demand_E, -0.02)
    assert imbalance(layer, x_BTD) > before


@pytest.mark.parametrize("router", BIASED, ids=lambda router: router.kind)
def test_gates_and_losses_do_not_know_the_bias(router: RouterConfig):
    """A bias that is the same for all selects the same: nothing else may change."""
    layer, x_BTD = build(mixture(router)), batch()
    before = run(layer, x_BTD)
    layer.router.bias_E += 3.0
    after = run(layer, x_BTD)
    assert torch.equal(after[1].experts_NK, before[1].experts_NK)
    torch.testing.assert_close(after[1].weights_NK, before[1].weights_NK)
    torch.testing.assert_close(after[1].penalty, before[1].penalty)
    torch.testing.assert_close(after[0], before[0])
    layer.router.bias_E[2] += 100.0
    assert (run(layer, x_BTD)[1].experts_NK == 2).any(1).all()


def test_the_bias_is_saved_and_not_trained():
    layer = build(mixture(DeepSeekV3()))
    assert "router.bias_E" in layer.state_dict()
    assert "router.bias_E" not in dict(layer.named_parameters())
    run(layer, batch())[0].sum().backward()
    assert not layer.router.bias_E.requires_grad
    assert layer.router.bias_E.grad is None


def test_a_model_moves_the_bias_of_each_layer_by_what_that_layer_was_asked_for():
    moe = MoE(hidden=12, experts=4, every=2, router=TopK(), balance=Balance(bias_speed=0.25))
    config = small(feed_forward=moe, topology="encoder-decoder", layers=2, encoder_layers=4)
    model = Transformer(config)
    output = model(**inputs(config))
    model.after_update(output.encoder + output.decoder)
    mixtures = 0
    for stack, records in ((model.encoder, output.encoder), (model.decoder, output.decoder)):
        for block, one in zip(stack.blocks, records, strict=True):
            assert (one.routing is not None) == isinstance(block.feed_forward, MixtureFeedForward)
            if one.routing is not None:
                demand_E = one.routing.demand_E.float()
                expected = 0.25 * (demand_E.mean() - demand_E).sign()
                assert torch.equal(block.feed_forward.router.bias_E, expected)
                assert expected.any()
                mixtures += 1
    assert mixtures == 3
    model.retune(config.but(feed_forward=moe.model_dump() | {"balance": Balance()}))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.after_update(output.encoder + output.decoder)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
