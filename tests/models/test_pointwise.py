"""Sigmoid and ReLU scoring against loops by the papers' formulas, and what follows from rows that need not sum to 1."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models import Transformer
from models.attention import ReLU, Sigmoid, mask
from models.tap import Pass, Tap
from tests.models.variants import inputs, noisy, small

WIDTH, HEADS, C, T = 12, 3, 4, 6
FORMULAS = {
    "sigmoid": lambda score, n: 1 / (1 + math.exp(-(score - math.log(n)))),  # arXiv:2409.04431, eq. 3, b = -log n
    "ReLU": lambda score, n: max(score, 0.0) / n,  # arXiv:2309.08586, sec. 3
}
KINDS: dict[str, Any] = {"sigmoid": Sigmoid, "ReLU": ReLU}
SEES = {  # how a query at t looks at a key at s
    "causal": ({"causal": True}, lambda b, t, s: s <= t),
    "window": ({"causal": True, "window": 3}, lambda b, t, s: t - 3 < s <= t),
    "both ways": ({}, lambda b, t, s: True),
    "padded": ({"keep_BS": torch.arange(T) < torch.tensor([[T], [3]])}, lambda b, t, s: s < (T, 3)[b] or s == t),
}


def built(kind: str) -> tuple[Any, Tensor]:
    module: Any = KINDS[kind](heads=HEADS).build(WIDTH)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for p in module.parameters():
            p.normal_(0.0, 0.4, generator=generator)
    return module, torch.randn(2, T, WIDTH, generator=generator)


@pytest.mark.parametrize("sees", SEES)
@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_each_weight_is_made_of_its_own_score_and_the_keys_in_sight(kind: str, sees: str):
    module, x_BTD = built(kind)
    rules, looks = SEES[sees]
    tap = Tap(record=["*.pattern"])
    seen = mask(T, T, device=torch.device("cpu"), **rules)
    got, _ = module(x_BTD, Pass(tap, mask=seen))
    q, k, v = (part.unflatten(-1, (HEADS, C)) for part in module.qkv(x_BTD).split(WIDTH, dim=-1))
    pattern, expected = torch.zeros(2, HEADS, T, T), torch.zeros(2, T, HEADS, C)
    for b in range(2):
        for h in range(HEADS):
            for t in range(T):
                keys = [s for s in range(T) if looks(b, t, s)]
                for s in keys:
                    weight = FORMULAS[kind](float(q[b, t, h] @ k[b, s, h]) / math.sqrt(C), len(keys))
                    pattern[b, h, t, s] = weight
                    expected[b, t, h] += weight * v[b, s, h]
    torch.testing.assert_close(tap.kept["decoder.0.attention.pattern"], pattern, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(got, module.out(expected.flatten(2)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(module(x_BTD, Pass(mask=seen))[0], got, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_keys_do_not_compete_and_a_head_may_look_at_none(kind: str):
    """A query that meets every key the other way round looks at nothing; a softmax would have to spread its 1."""
    module, x_BTD = built(kind)
    module.qkv.weight[WIDTH : 2 * WIDTH] = -40 * module.qkv.weight[:WIDTH]  # k = -40 q
    same = x_BTD[:, :1].expand_as(x_BTD)  # every key alike: each score is -40 |q|^2 / sqrt(C)
    tap = Tap(record=["*.pattern"])
    module(same, Pass(tap, mask=mask(T, T, device=torch.device("cpu"))))
    assert tap.kept["decoder.0.attention.pattern"].sum(-1).max() < 0.01


@torch.no_grad()
def test_where_all_scores_are_0_a_sigmoid_weighs_about_evenly_and_a_relu_nothing():
    model = Transformer(small(attention=Sigmoid(), layers=1))
    block: Any = model.decoder.blocks[0]
    block.attention.qkv.weight[:16] = 0
    rows = model(**inputs(model.config), record=True).decoder[0].self_attention_BHTS
    expected = torch.tensor([[1 / (t + 2) if s <= t else 0.0 for s in range(9)] for t in range(9)])
    torch.testing.assert_close(rows, expected.expand_as(rows), rtol=1e-5, atol=1e-6)
    relu = noisy(Transformer(small(attention=ReLU(), layers=1)))
    relu.decoder.blocks[0].attention.qkv.weight[:16] = 0
    assert not relu(**inputs(relu.config), record=True).decoder[0].self_attention_BHTS.any()
