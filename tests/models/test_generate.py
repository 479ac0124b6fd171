"""Generation equals a loop without a cache, filters equal their slow twins, and what makes no sense is refused."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models import Cache, Transformer
from models.attention import MHA
from models.generate import Sampling, filtered, generate
from models.position import Learned
from tests.models.variants import LENGTH, PRODUCT, VARIANTS, inputs, noisy, small


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_padded_source_stays_padded_while_generating():
    config = small(topology="encoder-decoder")
    model, given = Transformer(config), inputs(config)
    keep_BS = torch.tensor([[True] * n + [False] * (7 - n) for n in (7, 4, 1)])
    whole = model(**given, keep_BS=keep_BS).logits_BTV
    first = model(given["ids_BT"][:, :4], source_BS=given["source_BS"], keep_BS=keep_BS, cache=Cache())
    second = model(given["ids_BT"][:, 4:], cache=first.cache)
    torch.testing.assert_close(torch.cat((first.logits_BTV, second.logits_BTV), 1), whole, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(whole, model(**given).logits_BTV, atol=1e-3)


def test_two_continuations_of_one_cache_do_not_disturb_each_other():
    model, ids_BT = Transformer(small()), inputs(small())["ids_BT"]
    cache = model(ids_BT[:, :5], cache=Cache()).cache
    first = model(ids_BT[:, 5:7], cache=cache).logits_BTV
    model(ids_BT[:, 7:9], cache=cache)
    assert torch.equal(first, model(ids_BT[:, 5:7], cache=cache).logits_BTV)
    assert cache.length == 5


GREEDY = ["MHA RoPE decoder-only pre", "GQA T5 encoder-decoder pre", "none learned decoder-only pre", "prefix window"]


@pytest.mark.parametrize("name", GREEDY)
def test_greedy_generation_equals_an_argmax_loop_without_a_cache(name: str):
    config = (PRODUCT | VARIANTS)[name].but(vocab=50)
    model, given = noisy(Transformer(config)), inputs(config, length=4)
    extra: Any = {k: v for k, v in given.items() if k == "source_BS"}
    steps = list(generate(model, given["ids_BT"], 6, **extra))
    ids_BT = given["ids_BT"]
    if config.prefix:
        given["prefix_B"] = torch.full((3,), 4)
    for step in steps:
        logits_BV = model(**given | {"ids_BT": ids_BT}).logits_BTV[:, -1]
        assert torch.equal(step.ids_B, logits_BV.argmax(-1))
        torch.testing.assert_close(step.probs_BV, logits_BV.softmax(-1), rtol=1e-4, atol=1e-5)
        ids_BT = torch.cat((ids_BT, step.ids_B[:, None]), 1)
    assert len(steps) == 6


def slow(logits: list[float], temperature: float, top_k: int | None, top_p: float) -> Tensor:
    """Sort, cut, renormalise: one row of logits."""
    order = sorted(range(len(logits)), key=lambda i: -logits[i])[:top_k]
    probs = torch.tensor([logits[i] / temperature for i in order], dtype=torch.float64).softmax(0)
    kept, total = {}, 0.0
    for i, p in zip(order, probs.tolist(), strict=True):
        if total >= top_p:
            break
        kept[i], total = p, total + p
    return torch.tensor([kept.get(i, 0.0) / total for i in range(len(logits))])


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("top_k", [None, 1, 4, 99])
@pytest.mark.parametrize("top_p", [1e-6, 0.5, 0.9, 1.0])
def test_top_k_and_top_p_equal_sorting_by_hand(temperature: float, top_k: int | None, top_p: float):
    logits_BV = torch.randn(5, 12, generator=seeded())
    got = filtered(logits_BV, Sampling(temperature, top_k, top_p))
    expected = torch.stack([slow(row.tolist(), temperature, top_k, top_p) for row in logits_BV])
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-6)


def test_a_very_low_temperature_is_greedy():
    logits_BV = torch.randn(5, 12, generator=seeded()) * 10
    probs_BV = filtered(logits_BV, Sampling(1e-40))
    assert torch.equal(probs_BV.argmax(-1), logits_BV.argmax(-1))
    assert torch.equal(probs_BV.max(-1).values, torch.ones(5))


def test_sampling_repeats_from_its_generator_and_follows_the_probabilities():
    model, ids_BT = noisy(Transformer(small())), inputs(small())["ids_BT"][:1].expand(4000, -1)
    first, again, other = (
        next(iter(generate(model, ids_BT, 1, sampling=Sampling(1.0, top_k=3), generator=seeded(s)))) for s in (0, 0, 1)
    )
    assert torch.equal(first.ids_B, again.ids_B)
    assert not torch.equal(first.ids_B, other.ids_B)
    expected = filtered(model(ids_BT[:1]).logits_BTV[:, -1], Sampling(1.0, top_k=3))[0]
    drawn = torch.bincount(first.ids_B, minlength=13) / 4000
    torch.testing.assert_close(drawn, expected, rtol=0, atol=0.04)  # five standard deviations
    torch.testing.assert_close(first.probs_BV[0], model(ids_BT[:1]).logits_BTV[0, -1].softmax(-1))


REFUSED = {
    "temperature below 0": ({"sampling": Sampling(-0.1)}, "temperature"),
    "temperature nan": ({"sampling": Sampling(float("nan"))}, "temperature"),
    "infinite temperature": ({"sampling": Sampling(float("inf"))}, "temperature"),
    "no token kept": ({"sampling": Sampling(1.0, top_k=0)}, "top_k must be at least 1"),
    "no probability kept": ({"sampling": Sampling(1.0, top_p=0.0)}, "top_p"),
    "more than all kept": ({"sampling": Sampling(1.0, top_p=1.1)}, "top_p"),
    "sampling without a generator": ({"sampling": Sampling(1.0)}, "explicit generator"),
    "a prompt of padding": ({"keep_BS": torch.zeros(3, LENGTH, dtype=torch.bool)}, "real tokens of every prompt"),
    "padding of another shape": ({"keep_BS": torch.ones(3, 1, dtype=torch.bool)}, "real tokens of every prompt"),
    "prompts of a target without one": ({"keep_BT": torch.ones(3, LENGTH, dtype=torch.bool)}, "of an encoder-decoder"),
    "source without an encoder": ({"source_BS": torch.zeros(3, 4, dtype=torch.long)}, "source_BS is given"),
}


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_generation_refuses_what_makes_no_sense(arguments: dict, words: str):
    with pytest.raises(ValueError, match=words):
        list(generate(Transformer(small()), inputs(small())["ids_BT"], 1, **arguments))


def test_an_encoder_does_not_continue_a_text_and_learned_positions_end():
    with pytest.raises(ValueError, match="fills in masks"):
        list(generate(Transformer(small(topology="encoder-only")), inputs(small())["ids_BT"], 1))
    with pytest.raises(ValueError, match="Learned positions end at 12"):
        list(generate(Transformer(small(position=Learned())), inputs(small())["ids_BT"], 5))
    assert len(list(generate(Transformer(small(attention=MHA())), inputs(small())["ids_BT"], 5))) == 5
