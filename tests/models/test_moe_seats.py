"""Seats are counted, drawn in order, and end: who gets none is dropped, and passes by the residual untouched."""

from typing import Any

import pytest
import torch

from models.moe import Capacity, ExpertChoice, RouterConfig, Soft, TopK
from models.moe.capacity import seat
from tests.models.mixtures import ROUTED, SEATED, batch, build, mixture, run, seeded

every = pytest.mark.parametrize("router", ROUTED.values(), ids=ROUTED.keys())
seated = pytest.mark.parametrize("router", SEATED.values(), ids=SEATED.keys())


def seats_of(capacity: Capacity, tokens: int, choices: int, experts: int) -> int | None:
    return capacity.seats(tokens, choices, experts, training=True)


WAYS: list[tuple[float | None, Any, Any]] = [
    (None, "batch", "position"),
    (0.5, "batch", "position"),
    (0.5, "sequence", "choice"),
    (1.0, "batch", "probability"),
    (2.0, "sequence", "position"),
]


@pytest.mark.parametrize(("factor", "group", "priority"), WAYS)
@every
def test_what_is_asked_for_is_taken_or_dropped(router: RouterConfig, factor: Any, group: Any, priority: Any):
    capacity = Capacity(evaluation=factor, factor=factor, group=group, priority=priority)
    layer, x_BTD = build(mixture(router, capacity=capacity)), batch()
    keep_BT = torch.ones(3, 10, dtype=torch.bool)
    keep_BT[0, 4:] = keep_BT[1, 0] = False
    _, routing = run(layer, x_BTD, keep_BT=keep_BT)
    kept_NK, keep_N = routing.kept_NK, keep_BT.flatten()
    asked = routing.seats_NK >= 0
    if router.picks != "experts":
        assert int(routing.demand_E.sum()) == int(keep_N.sum()) * router.choices(layer.room)
        assert torch.equal(asked, keep_N[:, None].expand_as(asked))
    assert not asked[~keep_N].any()
    assert not kept_NK[~keep_N].any()
    for e in range(layer.room.experts):
        mine = routing.experts_NK == e
        assert int(routing.demand_E[e]) == int((mine & asked).sum())
        assert int(routing.load_E[e]) == int((mine & kept_NK).sum())
        for rows in torch.arange(30).chunk(3 if group == "sequence" else 1):
            queue = routing.seats_NK[rows][(mine & asked)[rows]]
            assert sorted(queue.tolist()) == list(range(len(queue)))
            kept = int((mine & kept_NK)[rows].sum())
            assert kept == (len(queue) if routing.capacity is None else min(len(queue), routing.capacity))
    if factor is None or router.picks != "tokens":
        assert routing.capacity is None
        assert torch.equal(routing.load_E, routing.demand_E)
    elif factor == 0.5:
        assert routing.load_E.sum() < routing.demand_E.sum()


def test_the_hand_case():
    """Twelve tokens, demand 6, 4 and 2, four seats: kept are 4, 4 and 2, whoever came first."""
    experts_NK = torch.tensor([0, 0, 1, 0, 2, 0, 0, 1, 0, 1, 2, 1])[:, None]
    found = seat(experts_NK, torch.ones(12, 1), None, 1, 3, "position")
    assert found.seats_NK.flatten().tolist() == [0, 1, 0, 2, 0, 3, 4, 1, 5, 2, 1, 3]
    assert found.demand_XE.tolist() == [[6, 4, 2]]
    kept_NK = found.seats_NK < 4
    assert [int(kept_NK[experts_NK == e].sum()) for e in range(3)] == [4, 4, 2]
    assert seats_of(Capacity(factor=1.0), 12, 1, 3) == 4


def test_a_largest_capacity_holds_with_a_factor_and_without_in_training_and_evaluation():
    for training in (False, True):
        found = [
            Capacity(maximum=most, factor=factor, evaluation=factor).seats(12, 1, 3, training=training)
            for most, factor in ((None, None), (3, None), (20, None), (3, 1.0), (5, 1.0), (3, 0.5))
        ]
        assert found == [None, 3, 12, 3, 4, 2]


def test_the_order_of_each_priority():
    """Three tokens that all want expert 0; the second as a second choice, the third most of all."""
    experts_NK, weights_NK = torch.tensor([[1, 0], [0, 1], [0, 1]]), torch.tensor([[0.5, 0.4], [0.6, 0.3], [0.9, 0.1]])
    expected = {
        "position": [[0, 0], [1, 1], [2, 2]],
        "choice": [[0, 2], [0, 1], [1, 2]],
        "probability": [[0, 2], [1, 2], [0, 1]],
    }
    for priority, seats in expected.items():
        assert seat(experts_NK, weights_NK, None, 1, 2, priority).seats_NK.tolist() == seats, priority


def test_the_number_of_seats():
    ways: list[Any] = ["up", "down", "nearest"]
    assert [seats_of(Capacity(factor=1.25, rounding=way), 10, 1, 4) for way in ways] == [4, 3, 3]  # 3.125
    assert [seats_of(Capacity(factor=1.0, rounding=way), 10, 2, 8) for way in ways] == [3, 2, 2]  # 2.5, to even
    assert [seats_of(Capacity(factor=1.0, rounding=way), 14, 2, 8) for way in ways] == [4, 3, 4]  # 3.5, to even
    assert seats_of(Capacity(factor=1.1), 1000, 1, 10) == 110  # and not 111: 100 x 1.1 is a hair above 110
    assert seats_of(Capacity(factor=0.1, rounding="down"), 64, 1, 8) == 1
    assert seats_of(Capacity(factor=0.1, rounding="down", minimum=0), 64, 1, 8) == 0
    assert seats_of(Capacity(factor=1.0, minimum=20), 64, 1, 8) == 20
    assert seats_of(Capacity(factor=100.0), 64, 1, 8) == 64  # an expert takes a token once
    assert seats_of(Capacity(minimum=3), 64, 1, 8) is None
    one = Capacity(factor=1.0, evaluation=2.0)
    assert (one.seats(64, 1, 8, training=True), one.seats(64, 1, 8, training=False)) == (8, 16)


def test_a_layer_counts_by_its_own_factor_group_and_mode():
    layer, x_BTD = build(mixture(TopK(), capacity=Capacity(factor=1.0, evaluation=2.0))), batch()
    assert (run(layer, x_BTD, train=0)[1].capacity, run(layer, x_BTD)[1].capacity) == (10, 20)  # 30 tokens x 2 ÷ 6
    layer = build(mixture(TopK(), capacity=Capacity(factor=1.0, evaluation=2.0, group="sequence")))
    assert (run(layer, x_BTD, train=0)[1].capacity, run(layer, x_BTD)[1].capacity) == (4, 7)
    assert run(build(mixture(Soft(), capacity=Capacity(evaluation=0.1))), x_BTD)[1].capacity is None
    assert run(build(mixture(ExpertChoice(), capacity=Capacity(evaluation=0.1))), x_BTD)[1].capacity is None


@pytest.mark.parametrize(
    ("tokens", "experts", "factor", "percent"),
    [
        (64, 8, 1.0, 13.06),
        (64, 8, 1.25, 4.53),
        (64, 8, 1.5, 1.18),
        (64, 8, 2.0, 0.03),
        (512, 8, 1.0, 4.66),
        (512, 8, 1.25, 0.084),
        (4096, 64, 1.0, 4.94),
        (4096, 64, 1.25, 0.127),
        (8192, 128, 1.0, 4.96),
    ],
)
def test_a_uniform_router_drops_what_the_binomial_says(tokens: int, experts: int, factor: float, percent: float):
    """E[max(0, Binomial(T, 1/E) - C)] x E / T in closed form, and a count of as many independent draws."""
    capacity = Capacity(factor=factor, rounding="down")
    seats, groups = seats_of(capacity, tokens, 1, experts), max(8, 40_000 // tokens)
    at = torch.arange(tokens + 1, dtype=torch.float64)
    chance = torch.distributions.Binomial(tokens, torch.tensor(1 / experts, dtype=torch.float64)).log_prob(at).exp()
    over = (at - seats).clamp(min=0)
    mean, square = float((chance * over).sum()), float((chance * over.square()).sum())
    assert 100 * mean * experts / tokens == pytest.approx(percent, abs=0.006)
    experts_NK = torch.randint(experts, (groups * tokens, 1), generator=seeded())
    found = seat(experts_NK, torch.ones_like(experts_NK), None, groups, experts, "position")
    dropped = int((found.seats_NK >= seats).sum())
    sigma = (groups * experts * (square - mean**2)) ** 0.5  # loads of one group are negatively correlated: at most this
    assert abs(dropped - groups * experts * mean) < 3 * sigma + 1
