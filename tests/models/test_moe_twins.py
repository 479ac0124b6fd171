"""Without a limit of seats, a mixture equals every expert computing every token, weighted by dense gates."""

from typing import Any

import pytest
import torch

from models.feedforward import Dense
from models.moe import ROUTERS, Capacity, ExpertChoice, RouterConfig, Soft, Switch, TopK
from tests.models.mixtures import ROUTED, SEATED, WIDTH, batch, build, dense_gates, mixed, mixture, passing, run, seeded

every = pytest.mark.parametrize("router", ROUTED.values(), ids=ROUTED.keys())
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "gated, biases": {"gated": True, "bias": True, "activation": "silu"},
    "shared, gated": {"shared": 2, "gated": True, "bias": True},
    "fine-grained": {"split": 2, "experts": 3},
    "seats for all": {"capacity": Capacity(factor=100.0, evaluation=100.0)},
}


def close(got: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ROUTERS)
def test_a_router_says_what_the_page_shows_of_it(kind: str):
    """Attributes of its config, as docs/extending.md lists them."""
    router = ROUTERS[kind]
    words = " ".join((router.__doc__ or "").split("\n\n")[0].split())
    assert router.__doc__ != RouterConfig.__doc__, f"{kind} has no docstring"
    assert words.endswith("."), f"the docstring of {kind} ends its first paragraph without a full stop"
    assert router.paper is not None, f"{kind} has no paper"
    assert router.paper[1].startswith("https://"), f"the paper of {kind} has no address"


@pytest.mark.parametrize("shape", SHAPES)
@every
def test_a_mixture_and_its_gradients_equal_dense_gates_times_every_expert(router: RouterConfig, shape: str):
    if shape == "fine-grained" and router.kind.startswith("DeepSeek"):
        router = router.but(k=1, groups_kept=1)
    layer, x_BTD = build(mixture(router, **SHAPES[shape])), batch().requires_grad_()
    y_BTD, routing = run(layer, x_BTD)
    expected = mixed(layer, x_BTD, dense_gates(layer, x_BTD))
    close(y_BTD, expected)
    assert bool(routing.kept_NK.all()) == (router.picks != "experts")
    weights = [x_BTD, *(p for name, p in layer.named_parameters() if "noise" not in name)]
    direction = torch.randn(y_BTD.shape, generator=seeded(3))
    got, wanted = (torch.autograd.grad(y, weights, direction, allow_unused=True) for y in (y_BTD, expected))
    for mine, theirs in zip(got, wanted, strict=True):
        assert mine is not None
        close(mine, theirs)


@every
def test_identical_experts_count_as_one_times_the_sum_of_gates(router: RouterConfig):
    layer, x_BTD = build(mixture(router, bias=True)), batch()
    for p in layer.experts.parameters():
        p.data[:] = p.data[:1]
    y_BTD, routing = run(layer, x_BTD)
    gates_N = (routing.weights_NK * routing.kept_NK).sum(1)
    one = dense_gates(layer, x_BTD) * 0
    one[:, 0] = gates_N
    close(y_BTD, mixed(layer, x_BTD, one))
    sums = {"top-k": 1.0, "noisy top-k": 1.0, "soft": 1.0, "hash": 1.0, "random": 1.0, "DeepSeek-V3": 2.5}
    if router.kind in sums and router != ROUTED["top-k, plain gates"]:
        close(gates_N, torch.full_like(gates_N, sums[router.kind]))


@pytest.mark.parametrize("router", [Switch(), Soft(), ExpertChoice(factor=1.0), TopK(k=1, renormalise=False)], ids=repr)
def test_one_expert_is_the_dense_feed_forward(router: RouterConfig):
    layer = build(mixture(router, experts=1, bias=True, gated=True, activation="silu"))
    dense: Any = Dense(hidden=12, bias=True, gated=True, activation="silu").build(WIDTH)
    for name, p in dense.named_parameters():
        p.data = layer.experts.get_parameter(name)[0].data
    close(run(layer, batch())[0], dense(batch())[0])


@pytest.mark.parametrize("gated", [False, True], ids=["plain", "gated"])
def test_shared_experts_are_the_sum_of_so_many_networks(gated: bool):
    """The last bias, one in the wide network, is the sum of theirs."""
    layer, x_BTD = build(mixture(TopK(), shared=3, gated=gated, bias=True)), batch()
    wide: Any = layer.shared
    total = torch.zeros_like(x_BTD)
    for i in range(3):
        one: Any = Dense(hidden=12, activation="gelu", gated=gated, bias=True).build(WIDTH)
        rows = [r for at in (range(1 + gated)) for r in range(at * 36 + i * 12, at * 36 + i * 12 + 12)]
        one.up.weight.data, one.up.bias.data = wide.up.weight[rows].data, wide.up.bias[rows].data
        one.down.weight.data, one.down.bias.data = (
            wide.down.weight[:, i * 12 : i * 12 + 12].data,
            wide.down.bias.data / 3,
        )
        total += one(x_BTD)[0]
    close(wide(x_BTD)[0], total)
    with_them, without = run(layer, x_BTD)[0], mixed(layer, x_BTD, dense_gates(layer, x_BTD)) - wide(x_BTD)[0]
    close(with_them - without, total)


@every
def test_evaluating_is_deterministic_and_leaves_its_input_alone(router: RouterConfig):
    layer, x_BTD = build(mixture(router)), batch()
    before = x_BTD.clone()
    first, again = run(layer, x_BTD), run(layer, x_BTD)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1].experts_NK, again[1].experts_NK)
    jittered = build(mixture(router.but(jitter=0.3) if hasattr(router, "jitter") else router, expert_dropout=0.5))
    assert torch.equal(run(jittered, x_BTD)[0], first[0])
    one, other = (run(jittered, x_BTD, train=seed)[0] for seed in (0, 1))
    assert not torch.equal(one, other)
    assert torch.equal(run(jittered, x_BTD, train=0)[0], one)
    assert torch.equal(x_BTD, before)


@pytest.mark.parametrize("router", SEATED.values(), ids=SEATED.keys())
def test_a_sequence_is_routed_as_it_is_alone_when_seats_are_counted_by_sequence(router: RouterConfig):
    capacity = Capacity(factor=1.0, evaluation=1.0, group="sequence")
    layer, x_BTD = build(mixture(router, capacity=capacity)), batch()
    together, routing = run(layer, x_BTD)
    assert routing.demand_E.sum() > routing.load_E.sum()
    known = passing(x_BTD)
    for i in range(len(x_BTD)):
        alone = layer(x_BTD[i : i + 1], known._replace(ids_BT=known.ids_BT[i : i + 1]))[0]
        close(together[i : i + 1], alone)
    turned = layer(x_BTD.flip(0), known._replace(ids_BT=known.ids_BT.flip(0)))[0]
    close(turned.flip(0), together)
