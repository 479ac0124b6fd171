"""The losses that ask for balance, in their units, by hand."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models.moe import Balance, Capacity, Switch, TopK
from models.moe.base import Choice
from tests.models.mixtures import ROUTED, batch, build, mixture, run

TOKENS, EXPERTS = 24, 8
LEARNED = {name: router for name, router in ROUTED.items() if router.learns}


def choice(logits_NE: Tensor, experts_NK: Tensor) -> Choice:
    probs_NE = logits_NE.softmax(-1)
    return Choice(logits_NE, probs_NE, experts_NK, probs_NE.gather(1, experts_NK), experts_NK)


def uniform(k: int) -> Choice:
    """Every expert equally often and equally probable."""
    first_N = torch.arange(TOKENS)[:, None] * k
    return choice(torch.zeros(TOKENS, EXPERTS), (first_N + torch.arange(k)) % EXPERTS)


def collapsed(k: int) -> Choice:
    logits_NE = torch.zeros(TOKENS, EXPERTS)
    logits_NE[:, :k] = 100.0
    return choice(logits_NE, torch.arange(k).expand(TOKENS, k))


def losses(made: Choice, devices: int = 1, reach: int = 1, keep_N: Tensor | None = None, **fields: Any) -> dict:
    return Balance.model_validate(fields).losses(made, keep_N, 3, devices, reach)


@pytest.mark.parametrize("over", ["batch", "sequence"])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_auxiliary_loss_is_1_if_uniform_and_experts_over_choices_if_collapsed(k: int, over: str):
    for unit, times in (("uniform = 1", 1), ("uniform = k", k)):
        assert float(losses(uniform(k), over=over, unit=unit)["auxiliary"]) == pytest.approx(times)
        assert float(losses(collapsed(k), over=over, unit=unit)["auxiliary"]) == pytest.approx(times * EXPERTS / k)


def test_it_is_the_formula_and_can_lie_below_1():
    """f = (0.6, 0.4), P = (0.306, 0.694): 2 x Σ f P = 0.922."""
    probs_NE = torch.tensor([[0.306, 0.694]]).expand(5, 2)
    experts_NK = torch.tensor([[0], [0], [0], [1], [1]])
    made = Choice(probs_NE.log(), probs_NE, experts_NK, probs_NE[:, :1], experts_NK)
    found = Balance().losses(made, None, 1, 1, 1)["auxiliary"]
    assert float(found) == pytest.approx(2 * (0.6 * 0.306 + 0.4 * 0.694)) == pytest.approx(0.9224)


@pytest.mark.parametrize("router", LEARNED.values(), ids=LEARNED.keys())
@pytest.mark.parametrize("over", ["batch", "sequence"])
@torch.no_grad()
def test_every_loss_of_a_layer_equals_loops(router: Any, over: Any):
    """With padding, three devices, and the choices that the layer reports."""
    layer, x_BTD = build(mixture(router, devices=3, balance=Balance(over=over))), batch()
    keep_BT = torch.ones(3, 10, dtype=torch.bool)
    keep_BT[0, 6:] = keep_BT[2, :3] = False
    routing = run(layer, x_BTD, keep_BT=keep_BT)[1]
    chosen = routing.experts_NK
    if router.kind == "DeepSeek-V3":  # its bias selects, and the loss does not know it
        chosen = routing.probs_NE.topk(3).indices
    reach = min(router.choices(layer.room), 3) if router.kind[:8] != "DeepSeek" else 2
    groups = [keep_BT.flatten().nonzero()[:, 0].tolist()]
    if over == "sequence":
        groups = [[n for n in groups[0] if n // 10 == b] for b in range(3)]
    auxiliary, device, communication = [], [], []
    for group in groups:
        pairs = [(n, int(e)) for n in group for e, s in zip(chosen[n], routing.seats_NK[n], strict=True) if s >= 0]
        f = [sum(e == i for _, e in pairs) / len(pairs) for i in range(6)]
        p = [sum(float(routing.probs_NE[n, i]) for n in group) / len(group) for i in range(6)]
        sent = [len({n for n, e in pairs if e // 2 == d}) / len(group) for d in range(3)]
        of_device = [p[2 * d] + p[2 * d + 1] for d in range(3)]
        auxiliary.append(6 * sum(a * b for a, b in zip(f, p, strict=True)))
        device.append(3 * sum((f[2 * d] + f[2 * d + 1]) * of_device[d] for d in range(3)))
        communication.append(3 / reach * sum(a * b for a, b in zip(sent, of_device, strict=True)))
    z = [math.log(sum(math.exp(v) for v in row)) ** 2 for row in routing.logits_NE[keep_BT.flatten()].tolist()]
    expected = {"auxiliary": auxiliary, "device": device, "communication": communication, "z": z}
    assert routing.losses.keys() == expected.keys()
    for name, values in expected.items():
        assert float(routing.losses[name]) == pytest.approx(sum(values) / len(values), rel=1e-4), name


def test_device_and_communication_losses_are_1_if_uniform():
    """Four devices of two experts; each token's two experts stand on exactly two devices, or on one."""
    at_N = torch.arange(TOKENS)[:, None]
    apart = choice(torch.zeros(TOKENS, EXPERTS), torch.cat((at_N, at_N + 2), 1) % EXPERTS)
    found = losses(apart, devices=4, reach=2)
    assert float(found["device"]) == pytest.approx(1)
    assert float(found["communication"]) == pytest.approx(1)
    together = choice(torch.zeros(TOKENS, EXPERTS), torch.cat((2 * at_N, 2 * at_N + 1), 1) % EXPERTS)
    assert float(losses(together, devices=4, reach=1)["communication"]) == pytest.approx(1)
    assert float(losses(together, devices=4, reach=2)["communication"]) == pytest.approx(0.5)  # half as many sent
    assert float(losses(collapsed(2), devices=4, reach=1)["device"]) == pytest.approx(4)


@pytest.mark.parametrize(("devices", "reach"), [(1, 1), (2, 2), (3, 2), (6, 4)])
def test_the_communication_loss_knows_on_how_many_devices_a_token_can_be(devices: int, reach: int):
    """Three groups of two experts, of which a token uses two."""
    for router in (ROUTED["DeepSeekMoE"].but(k=4), ROUTED["DeepSeek-V3"].but(k=4)):
        layer = build(mixture(router, devices=devices))
        assert router.reach(layer.room, devices) == reach
        experts_NK = run(layer, batch(4, 40))[1].experts_NK
        assert max(len(set(row)) for row in (experts_NK // (6 // devices)).tolist()) == reach
    assert TopK(k=2).reach(layer.room, devices) == min(2, devices)


def test_the_z_loss_of_zero_scores():
    assert float(losses(uniform(1))["z"]) == pytest.approx(math.log(8) ** 2) == pytest.approx(4.324077)
    shifted = choice(torch.ones(4, 8), torch.zeros(4, 1, dtype=torch.long))
    assert float(Balance().losses(shifted, None, 1, 1, 1)["z"]) == pytest.approx((1 + math.log(8)) ** 2)


def test_the_penalty_is_the_weighted_sum_and_is_differentiable():
    weights = {"auxiliary": 0.3, "z": 0.05, "device": 2.0, "communication": 7.0}
    layer = build(mixture(TopK(), devices=2, balance=Balance.model_validate(weights)))
    routing = run(layer, batch())[1]
    expected = sum(weights[name] * loss for name, loss in routing.losses.items())
    torch.testing.assert_close(routing.penalty, expected)
    routing.penalty.backward()
    assert layer.router.router.weight.grad.any()
    assert all(p.grad is None for p in layer.experts.parameters())


@pytest.mark.parametrize("kind", ["hash", "random"])
def test_a_router_that_learns_nothing_costs_nothing(kind: str):
    routing = run(build(mixture(ROUTED[kind], balance=Balance(auxiliary=5.0, z=5.0))), batch())[1]
    assert routing.losses == {}
    assert float(routing.penalty) == 0


@torch.no_grad()
def test_the_share_is_counted_before_anything_is_dropped():
    found = []
    for factor in (None, 2.0, 0.1):
        layer = build(mixture(TopK(), capacity=Capacity(evaluation=factor), balance=Balance(auxiliary=1.0)))
        found.append(run(layer, batch())[1].losses["auxiliary"])
    assert float(found[0]) == float(found[1]) == float(found[2])


def test_a_batch_twice_costs_the_same():
    layer, x_BTD = build(mixture(TopK(), devices=3)), batch()
    once, twice = (run(layer, x)[1].losses for x in (x_BTD, torch.cat((x_BTD, x_BTD))))
    for name, loss in once.items():
        torch.testing.assert_close(twice[name], loss)


@pytest.mark.parametrize("name", ["auxiliary", "device", "communication", "z"])
def test_gradients_are_finite_differences_with_the_shares_as_they_are(name: str):
    generator = torch.Generator().manual_seed(0)
    logits_NE = torch.randn(TOKENS, EXPERTS, dtype=torch.float64, generator=generator)
    experts_NK = logits_NE.topk(2).indices

    def value(logits: Tensor) -> Tensor:
        return losses(choice(logits, experts_NK), devices=4, reach=2)[name]

    assert torch.autograd.gradcheck(value, (logits_NE.requires_grad_(),))


def test_it_is_asked_of_each_sequence_or_of_the_whole_batch():
    """Each sequence on an expert of its own: even over the batch, collapsed in each."""
    logits_NE = torch.zeros(24, 3)
    logits_NE[torch.arange(24), torch.arange(24) // 8] = 100.0
    made = choice(logits_NE, (torch.arange(24) // 8)[:, None])
    assert float(losses(made, over="batch")["auxiliary"]) == pytest.approx(1)
    assert float(losses(made, over="sequence")["auxiliary"]) == pytest.approx(3)


def test_a_switch_router_learns_from_the_task_alone():
    layer = build(mixture(Switch(), balance=Balance(auxiliary=0.0)))
    run(layer, batch())[0].sum().backward()
    assert layer.router.router.weight.grad.abs().max() > 1e-3
