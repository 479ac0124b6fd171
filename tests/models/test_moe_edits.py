"""An ablated expert adds nothing and a forced one comes first, and nothing else changes."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models import Ablate, Output, Transformer, TransformerConfig
from models.edits import Edit, Force
from models.mixture import MoE
from models.moe import Capacity, DeepSeekV3, ExpertChoice, RouterConfig, Soft
from models.tap import Pass, Tap
from tests.models.mixtures import ROUTED, batch, build, dense_gates, mixed, mixture, run
from tests.models.variants import inputs, noisy, small

FORCED = {name: router for name, router in ROUTED.items() if router.picks == "tokens"}


def config(router: RouterConfig, **fields: Any) -> TransformerConfig:
    return small(feed_forward=MoE(hidden=12, experts=6, router=router), **fields)


def model_run(whole: TransformerConfig, edits: list[Edit], **given: Any) -> Output:
    return noisy(Transformer(whole))(**inputs(whole), edits=edits, record=True, **given)


@pytest.mark.parametrize("router", ROUTED.values(), ids=ROUTED.keys())
def test_an_ablated_expert_is_a_gate_of_zero(router: RouterConfig):
    layer, x_BTD = build(mixture(router, bias=True, shared=1)), batch()
    before, plain = run(layer, x_BTD)
    most = plain.load_E.argsort(descending=True).tolist()
    for gone in (most[:1], most[1:3]):
        y_BTD, routing = run(layer, x_BTD, tuple(Ablate("decoder", 0, "feed_forward", expert=e) for e in gone))
        gates_NE = dense_gates(layer, x_BTD)
        gates_NE[:, gone] = 0
        torch.testing.assert_close(y_BTD, mixed(layer, x_BTD, gates_NE), rtol=1e-4, atol=1e-5)
        assert not torch.allclose(y_BTD, before, atol=1e-3)
        assert torch.equal(routing.experts_NK, plain.experts_NK)
        assert torch.equal(routing.weights_NK, plain.weights_NK)
        assert torch.equal(routing.kept_NK, plain.kept_NK)
        assert torch.equal(routing.load_E, plain.load_E)


def test_of_a_model_only_the_named_layer_is_edited():
    whole = config(ROUTED["top-k"])
    plain, got = model_run(whole, []), model_run(whole, [Ablate("decoder", 1, "feed_forward", expert=0)])
    assert torch.equal(plain.decoder[0].stream_BTD, got.decoder[0].stream_BTD)
    assert not torch.allclose(plain.decoder[1].stream_BTD, got.decoder[1].stream_BTD, atol=1e-4)
    changed_N = (plain.decoder[1].stream_BTD != got.decoder[1].stream_BTD).any(-1).flatten()
    assert torch.equal(changed_N, (plain.decoder[1].routing.experts_NK == 0).any(1))


@pytest.mark.parametrize("router", FORCED.values(), ids=FORCED.keys())
@pytest.mark.parametrize("position", [None, 4])
def test_a_forced_expert_comes_first_with_the_gate_that_it_would_have(router: RouterConfig, position: int | None):
    layer, x_BTD = build(mixture(router)), batch()
    plain = run(layer, x_BTD)[1]
    y_BTD, routing = run(layer, x_BTD, (Force("decoder", 0, 3, position),))
    there_N = torch.arange(10).repeat(3) == position if position is not None else torch.ones(30, dtype=torch.bool)
    assert (routing.experts_NK[there_N, 0] == 3).all()
    assert torch.equal(routing.experts_NK[~there_N], plain.experts_NK[~there_N])
    assert torch.equal(routing.weights_NK[~there_N], plain.weights_NK[~there_N])
    assert all(len(set(row)) == len(row) for row in routing.experts_NK.tolist())
    assert torch.equal(routing.logits_NE, plain.logits_NE)
    gates_NE = torch.zeros(30, 6).scatter(1, routing.experts_NK, routing.weights_NK)
    torch.testing.assert_close(y_BTD, mixed(layer, x_BTD, gates_NE), rtol=1e-4, atol=1e-5)
    first = plain.experts_NK[:, 0] == 3  # who would have gone there anyway
    assert first.any()
    torch.testing.assert_close(routing.weights_NK[first], plain.weights_NK[first])
    if router.kind in ("Switch", "DeepSeekMoE"):
        scale = getattr(router, "scale", 1.0)
        torch.testing.assert_close(routing.weights_NK[there_N, 0], scale * plain.probs_NE[there_N, 3])


def test_forcing_two_positions_and_a_later_chunk():
    layer, x_BTD = build(mixture(ROUTED["Switch"])), batch()
    routing = run(layer, x_BTD, (Force("decoder", 0, 3, 1), Force("decoder", 0, 5, 2)))[1]
    assert (routing.experts_NK.view(3, 10)[:, 1] == 3).all()
    assert (routing.experts_NK.view(3, 10)[:, 2] == 5).all()
    later = layer(x_BTD, Pass(Tap([Force("decoder", 0, 3, 9)]), start=7))[1]
    assert (later.experts_NK.view(3, 10)[:, 2] == 3).all()


def test_forcing_all_tokens_fills_one_expert_and_drops_the_rest():
    layer = build(mixture(ROUTED["Switch"], capacity=Capacity(evaluation=1.0)))
    routing = run(layer, batch(), (Force("decoder", 0, 1),))[1]
    assert routing.demand_E.tolist() == [0, 30, 0, 0, 0, 0]
    assert routing.load_E.tolist() == [0, 5, 0, 0, 0, 0]


def test_what_a_v3_group_excludes_can_still_be_forced():
    layer = build(mixture(DeepSeekV3(k=2, groups=3, groups_kept=1)))
    routing = run(layer, batch(), (Force("decoder", 0, 0),))[1]
    assert (routing.experts_NK[:, 0] == 0).all()
    torch.testing.assert_close(routing.weights_NK.sum(1), torch.full((30,), 2.5))


PLAIN = config(ROUTED["top-k"])
SPARSE = small(feed_forward=MoE(hidden=12, experts=3, split=2, every=2))
WORDS: dict[str, tuple[TransformerConfig, Edit, str]] = {
    "expert past the last": (PLAIN, Ablate("decoder", 0, "feed_forward", expert=6), "this layer has 6 experts"),
    "negative expert": (PLAIN, Force("decoder", 0, -1), "this layer has 6 experts"),
    "split experts": (SPARSE, Force("decoder", 1, 6), "this layer has 6 experts"),
    "dense layer": (SPARSE, Ablate("decoder", 0, "feed_forward", expert=0), "this layer has 0 experts"),
    "dense layer forced": (SPARSE, Force("decoder", 0, 0), "this layer has 0 experts"),
    "dense model": (small(), Force("decoder", 0, 0), "this layer has 0 experts"),
    "another stack": (PLAIN, Force("encoder", 0, 0), "the encoder has 0 layers"),
    "expert of attention": (PLAIN, Ablate("decoder", 0, expert=1), "an expert is part of a feed_forward"),
    "mean of an expert": (
        PLAIN,
        Ablate("decoder", 0, "feed_forward", how="mean", expert=1),
        "an expert is part of a feed_forward, and can be replaced by zero",
    ),
    "soft": (config(Soft()), Force("decoder", 0, 1), "none can be forced"),
    "expert choice": (
        config(ExpertChoice(), topology="encoder-only"),
        Force("encoder", 0, 1),
        "no token can be forced",
    ),
}


@pytest.mark.parametrize(("whole", "edit", "words"), WORDS.values(), ids=WORDS.keys())
def test_an_edit_of_no_expert_is_refused(whole: TransformerConfig, edit: Edit, words: str):
    with pytest.raises(ValueError, match=words):
        model_run(whole, [edit])


def test_a_layer_edit_and_an_expert_edit_are_different_things():
    whole = config(ROUTED["top-k"])
    part, expert = (model_run(whole, [Ablate("decoder", 0, "feed_forward", expert=e)]).logits_BTV for e in (None, 1))
    assert not torch.allclose(part, expert, atol=1e-3)
    every: list[Edit] = [Ablate("decoder", 0, "feed_forward", expert=e) for e in range(6)]
    got: Tensor = model_run(whole, every).logits_BTV
    torch.testing.assert_close(got, part)
