"""What each router does besides what the dense twin shows: gates, groups, hashes, shares."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models.moe import DeepSeekMoE, DeepSeekV3, ExpertChoice, Hash, Random, RouterConfig, TopK
from models.moe.base import Asked, Room
from models.tap import Pass
from tests.models.mixtures import ROUTED, batch, build, mixture, run, seeded


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_v3_gates_sum_to_the_scale_and_are_plain_sigmoids_of_what_was_selected(scale: float):
    router = DeepSeekV3(k=3, groups=3, groups_kept=2, scale=scale)
    routing = run(build(mixture(router)), batch())[1]
    torch.testing.assert_close(routing.weights_NK.sum(1), torch.full((30,), scale))
    gates = routing.logits_NE.gather(1, routing.experts_NK).sigmoid()
    torch.testing.assert_close(routing.weights_NK, scale * gates / gates.sum(1, keepdim=True))
    torch.testing.assert_close(routing.probs_NE.sum(1), torch.ones(30))


@pytest.mark.parametrize("kind", [DeepSeekMoE, DeepSeekV3])
@pytest.mark.parametrize("shift", [0.0, -5.0], ids=["plain", "negative scores"])
def test_a_token_stays_in_its_groups(kind: Any, shift: float):
    """Also where every score plus bias is negative: an excluded group must lie below them, not at 0."""
    layer = build(mixture(kind(k=3, groups=3, groups_kept=2)))
    free = build(mixture(kind(k=3)))
    for one in (layer, free):
        one.router.bias_E.copy_(torch.tensor([0.0, 0.3, -0.3, 0.2, 0.0, 0.1]) + shift)
    x_BTD = batch(3, 40)
    kept = run(layer, x_BTD)[1].experts_NK
    assert max(len(set(row)) for row in (kept // 2).tolist()) == 2
    anywhere = run(free, x_BTD)[1].experts_NK
    assert max(len(set(row)) for row in (anywhere // 2).tolist()) == 3
    inside = [len(set(row)) <= 2 for row in (anywhere // 2).tolist()]
    assert any(set(a) == set(b) for a, b, fits in zip(kept.tolist(), anywhere.tolist(), inside, strict=True) if fits)


def test_renormalising_equals_a_softmax_over_the_selected():
    one, other = (build(mixture(TopK(k=3, softmax=way))) for way in ("before selection", "after selection"))
    torch.testing.assert_close(run(one, batch())[0], run(other, batch())[0])


def ids(values: list[list[int]]) -> Pass:
    return Pass(ids_BT=torch.tensor(values))


def experts(layer: Any, known: Pass) -> Tensor:
    return layer(batch(*known.ids_BT.shape), known)[1].experts_NK.view(*known.ids_BT.shape, -1)


def test_a_hash_sends_a_token_to_the_same_experts_everywhere():
    layer = build(mixture(Hash(k=2)))
    known = ids([[5, 1, 5, 2], [9, 5, 1, 5]])
    for found in (experts(layer, known), experts(layer, known._replace(start=17, training=True, generator=seeded()))):
        rows = [found[known.ids_BT == value] for value in (5, 1)]
        assert all((row == row[0]).all() for row in rows)
        assert torch.equal(found, experts(layer, known))
    every = experts(layer, ids([list(range(3000))]))[0]
    assert (every[:, 0] != every[:, 1]).all()
    assert every[:, 0].bincount().float().div(500).sub(1).abs().max() < 0.1


def test_random_experts_change_with_every_update_and_rest_in_evaluation():
    layer, known = build(mixture(Random(k=2))), ids([[3] * 1000, list(range(1000))])
    generator = seeded()
    first, second = (experts(layer, known._replace(training=True, generator=generator)) for _ in range(2))
    assert not torch.equal(first, second)
    rest = experts(layer, known)
    assert torch.equal(rest, experts(layer, known))
    assert torch.equal(rest[:, 5:6], experts(layer, Pass(ids_BT=known.ids_BT[:, 5:6], start=5)))
    for found in (first, rest):
        assert (found[..., 0] != found[..., 1]).all()
        for row in found[..., 0]:
            assert row.bincount(minlength=6).float().div(1000 / 6).sub(1).abs().max() < 0.35


def test_routers_that_read_ids_ask_for_them():
    for router in (Hash(), Random()):
        with pytest.raises(ValueError, match="reads token ids and positions"):
            build(mixture(router)).router(Asked(batch().flatten(0, 1)))


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5, 2.0, 6.0, 50.0])
@pytest.mark.parametrize("group", ["batch", "sequence"])
def test_every_expert_takes_its_share_of_the_real_tokens(factor: float, group: Any):
    layer = build(mixture(ExpertChoice(factor=factor), capacity={"group": group}))
    keep_BT = torch.ones(3, 10, dtype=torch.bool)
    keep_BT[0, 7:] = keep_BT[1, 0] = False
    routing = run(layer, batch(), keep_BT=keep_BT)[1]
    real = [7, 9, 10] if group == "sequence" else [26]
    taken = [min(n, math.ceil(n * factor / 6)) for n in real]
    kept = routing.kept_NK.view(len(real), -1, 6).sum(1)
    assert kept.tolist() == [[n] * 6 for n in taken]
    assert routing.load_E.tolist() == [sum(taken)] * 6
    assert not routing.kept_NK[~keep_BT.flatten()].any()


def test_shares_that_are_whole_are_not_rounded_up():
    """In float32, 30 x 1.1 ÷ 11 is a hair above 3."""
    for tokens, factor, count in ((30, 1.1, 11), (90, 0.7, 7), (60, 1.2, 9), (110, 1.1, 11)):
        router = ExpertChoice(factor=factor).build(Room(8, count))
        router.router.weight.data.normal_(generator=seeded())
        taken = router(Asked(batch(1, tokens)[0])).chosen_NK.sum(0)
        assert taken.tolist() == [round(tokens * factor / count)] * count, (tokens, factor, count)


@pytest.mark.parametrize("router", ROUTED.values(), ids=ROUTED.keys())
def test_splitting_experts_multiplies_the_choices(router: RouterConfig):
    whole, halves = Room(8, 6), Room(8, 12, split=2)
    assert router.average(halves) == 2 * router.average(whole)
    assert router.choices(halves) == 2 * router.choices(whole)
    layer = build(mixture(router, split=2))
    assert layer.room == halves
    assert layer.experts.up.weight.shape == (12, 6, 8)  # as many numbers as 6 experts of width 12
