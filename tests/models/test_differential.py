"""Differential attention against loops by the paper's formulas, and what follows from them."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models import Ablate, Transformer
from models.attention import Differential, Where, mask
from models.config import Refused
from models.position import RoPE
from models.tap import Pass, Tap
from tests.models.variants import inputs, noisy, small

WIDTH, HEADS, C, T = 12, 2, 3, 5


def built(layer: int = 0, **fields: object) -> tuple[Any, Tensor]:
    module = Differential(heads=HEADS, **fields).build(WIDTH, Where(layer))
    generator = torch.Generator().manual_seed(layer)
    with torch.no_grad():
        for p in module.parameters():
            p.normal_(0.0, 0.4, generator=generator)
    return module, torch.randn(2, T, WIDTH, generator=generator)


def slow(module: Any, x_BTD: Tensor, layer: int) -> tuple[Tensor, Tensor]:
    """Eq. 1 to 3 of arXiv:2410.05258, one query of one head at a time: what is added, and the patterns."""
    start = 0.8 - 0.6 * math.exp(-0.3 * layer)
    (q1, q2), (k1, k2) = module.lambda_q, module.lambda_k
    strength = math.exp(float(q1 @ k1)) - math.exp(float(q2 @ k2)) + start
    wide = 2 * C * HEADS
    w_q, w_k, w_v = module.qkv.weight.split((wide, wide, wide))
    patterns, added = torch.zeros(2, HEADS, T, T), torch.zeros(2, T, WIDTH)
    for b in range(2):
        for t in range(T):
            joined = []
            for h in range(HEADS):
                rows = slice(2 * C * h, 2 * C * (h + 1))
                q, keys, values = w_q[rows] @ x_BTD[b, t], x_BTD[b] @ w_k[rows].T, x_BTD[b] @ w_v[rows].T
                maps = []
                for half in (slice(0, C), slice(C, 2 * C)):
                    e = [math.exp(float(q[half] @ keys[s, half]) / math.sqrt(C)) for s in range(t + 1)]
                    maps.append([each / sum(e) for each in e])
                for s in range(t + 1):
                    patterns[b, h, t, s] = maps[0][s] - strength * maps[1][s]
                mixed = sum(patterns[b, h, t, s] * values[s] for s in range(t + 1))
                normed = module.norm_head.weight * mixed / (mixed.square().mean() + 1e-5).sqrt()
                joined.append((1 - start) * normed)
            added[b, t] = module.out.weight @ torch.cat(joined)
    return added, patterns


@pytest.mark.parametrize("layer", [0, 1, 5])
@torch.no_grad()
def test_it_is_the_papers_formula_head_by_head(layer: int):
    module, x_BTD = built(layer)
    place = f"decoder.{layer}.attention"
    tap = Tap(record=[f"{place}.*"])
    seen = mask(T, T, device=torch.device("cpu"), causal=True)
    got, _ = module(x_BTD, Pass(tap, mask=seen))
    expected, patterns = slow(module, x_BTD, layer)
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(tap.kept[f"{place}.pattern"], patterns, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(module(x_BTD, Pass(mask=seen))[0], expected, rtol=1e-4, atol=1e-5)
    shapes = {name: tuple(tap.kept[f"{place}.{name}"].shape) for name in ("q", "k", "scores", "v", "pattern", "z")}
    squares = {"scores": (2, 2 * HEADS, T, T), "pattern": (2, HEADS, T, T)}
    assert shapes == {**dict.fromkeys(("q", "k", "v", "z"), (2, HEADS, T, 2 * C)), **squares}


def test_a_row_sums_to_one_less_lambda_and_may_be_negative():
    model = noisy(Transformer(small(attention=Differential())))
    for layer, one in enumerate(model(**inputs(model.config), record=True).decoder):
        rows = one.self_attention_BHTS
        strength = model.decoder.blocks[layer].attention.strength()
        torch.testing.assert_close(rows.sum(-1), (1 - strength).expand(rows.shape[:-1]), rtol=1e-4, atol=1e-5)
    generator = torch.Generator().manual_seed(0)
    sharp = noisy(Transformer(small(attention=Differential())))
    sharp.decoder.blocks[1].attention.qkv.weight.data.normal_(0.0, 2.0, generator=generator)
    assert (sharp(**inputs(sharp.config), record=True).decoder[1].self_attention_BHTS < -0.05).any()


def test_lambda_begins_as_the_paper_says_deeper_layers_subtracting_more():
    model = Transformer(small(attention=Differential(), layers=4, width=64, feed_forward={"kind": "none"}))
    starts = [block.attention.first for block in model.decoder.blocks]
    assert starts == pytest.approx([0.2, 0.355509, 0.470713, 0.556058], abs=1e-6)
    for block, start in zip(model.decoder.blocks, starts, strict=True):
        assert abs(float(block.attention.strength().detach()) - start) < 0.3
        for p in (block.attention.lambda_q, block.attention.lambda_k):
            assert 0.04 < float(p.detach().std()) < 0.2  # normal, 0.1


@torch.no_grad()
def test_without_its_second_softmax_and_norm_it_is_softmax_attention():
    """Second queries that equal the first leave 1 - lambda of one softmax: the norm makes a head's length the same."""
    module, x_BTD = built()
    module.norm_head.weight.fill_(1.0)
    wide = 2 * C
    for h in range(2 * HEADS):  # of queries, then of keys
        module.qkv.weight[wide * h + C : wide * (h + 1)] = module.qkv.weight[wide * h : wide * h + C]
    seen = mask(T, T, device=torch.device("cpu"), causal=True)
    one = module(x_BTD, Pass(mask=seen))[0]
    module.lambda_q.zero_()  # lambda 0.2, whatever it was
    torch.testing.assert_close(module(x_BTD, Pass(mask=seen))[0], one, rtol=1e-3, atol=1e-4)


def test_each_softmax_of_a_head_can_be_edited_and_no_more_than_there_are():
    config = small(attention=Differential(heads=2))
    model, given = noisy(Transformer(config)), inputs(config)
    plain = model(**given).logits_BTV
    for part, heads in (("scores", 4), ("q", 2), ("k", 2), ("v", 2), ("pattern", 2), ("z", 2)):
        last = Ablate("decoder", 0, f"attention.{part}", head=heads - 1)
        assert not torch.allclose(model(**given, edits=[last]).logits_BTV, plain, atol=1e-5), part
        with pytest.raises(ValueError, match=f"heads 0 to {heads - 1} exist"):
            model(**given, edits=[last._replace(head=heads)])


def test_a_width_that_two_queries_do_not_divide_is_refused_with_what_fits():
    with pytest.raises(Refused, match=r"4 heads of two queries each do not divide width 12 evenly\. Use 1, 2, 3, 6"):
        Differential(heads=4).check(12)
    with pytest.raises(Refused, match="Set the head dimension"):
        Differential(heads=4).check(13)
    Differential(heads=4, head_dim=5).check(13)
    assert small(attention=Differential(heads=4, head_dim=6), position=RoPE()).attention.channels(16) == 12
