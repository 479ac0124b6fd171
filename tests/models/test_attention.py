"""The softmax-attention primitive and its variants against loops and against each other."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models import Ablate, Transformer
from models.attention import ATTENTIONS, GQA, MHA, MQA, mask
from models.attention.softmax import attend
from models.kernels.attention import TILE
from models.position.alibi import LinearBias
from models.tap import Pass, Tap
from tests.models.variants import inputs, noisy, small

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", [kind for kind in ATTENTIONS if kind != "none"])
def test_an_attention_says_what_the_page_shows_of_it(kind: str):
    """Attributes of its config, as docs/extending.md lists them."""
    attention = ATTENTIONS[kind]
    words = " ".join((attention.__doc__ or "").split("\n\n")[0].split())
    assert words.endswith("."), f"the docstring of {kind} ends its first paragraph without a full stop"
    assert attention.__doc__ not in [base.__doc__ for base in attention.__mro__[1:]], f"{kind} has no docstring"
    assert attention.paper is not None, f"{kind} has no paper"
    assert attention.paper[1].startswith("https://"), f"the paper of {kind} has no address"


def slow(q, k, v, scale, causal, window, prefix, keep, softcap, bias, start) -> tuple[Tensor, Tensor]:
    """Attention one query at a time: what `attend` and `mask` must come to."""
    batch, heads, queries, _ = q.shape
    groups, keys = k.shape[1:3]
    mixed, weights = torch.zeros_like(q), torch.zeros(batch, heads, queries, keys)
    for b in range(batch):
        for h in range(heads):
            g = h * groups // heads
            for t in range(queries):
                at, scores = start + t, {}
                for s in range(keys):
                    seen = s <= at or not causal
                    seen = seen and (window is None or abs(at - s) < window)
                    seen = seen or (prefix is not None and s < prefix[b])
                    seen = seen and (keep is None or bool(keep[b, s]))
                    if seen or s == at:
                        score = float(q[b, h, t] @ k[b, g, s]) * scale
                        score = softcap * math.tanh(score / softcap) if softcap else score
                        scores[s] = score + (float(bias[h, t, s]) if bias is not None else 0.0)
                total = sum(math.exp(score) for score in scores.values())
                for s, score in scores.items():
                    weights[b, h, t, s] = math.exp(score) / total
                    mixed[b, h, t] += math.exp(score) / total * v[b, g, s]
    return mixed, weights


CASES = {
    "causal": {"causal": True},
    "bidirectional": {"causal": False},
    "causal, three query heads to a key": {"causal": True, "heads": 6},
    "window": {"causal": True, "window": 3},
    "window of one": {"causal": True, "window": 1},
    "window on both sides": {"causal": False, "window": 2},
    "prefix": {"causal": True, "prefix": (0, 4)},
    "prefix beyond the window": {"causal": True, "prefix": (3, 5), "window": 2},
    "padding": {"causal": False, "keep": (6, 4)},
    "padding, causal": {"causal": True, "keep": (6, 2)},
    "softcap": {"causal": True, "softcap": 1.5},
    "softcap, bias and padding": {"causal": False, "softcap": 0.7, "bias": True, "keep": (5, 3)},
    "bias": {"causal": True, "bias": True},
    "later chunk": {"causal": True, "start": 4, "keys": 6, "queries": 2},
    "later chunk with window and bias": {
        "causal": True,
        "start": 4,
        "keys": 6,
        "queries": 2,
        "window": 2,
        "bias": True,
    },
    "one later query": {"causal": True, "start": 5, "keys": 6, "queries": 1},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("record", [[], ["*.pattern"], ["*.pattern", "*.scores"]], ids=["fused", "pattern", "scores"])
def test_attention_equals_a_loop_over_queries(case: dict, record: list[str]):
    heads, start = case.get("heads", 4), case.get("start", 0)
    queries, keys = case.get("queries", 6), case.get("keys", 6)
    generator = torch.Generator().manual_seed(2)
    q, k, v = (torch.randn(2, n, m, 5, generator=generator) for n, m in ((heads, queries), (2, keys), (2, keys)))
    keep = None if "keep" not in case else torch.arange(keys)[None] < torch.tensor(case["keep"])[:, None]
    bias = LinearBias(heads).bias(queries, keys, start) if case.get("bias") else None
    prefix, window, softcap = case.get("prefix"), case.get("window"), case.get("softcap")
    seen = mask(
        queries,
        keys,
        device=CPU,
        start=start,
        causal=case["causal"],
        window=window,
        prefix_B=None if prefix is None else torch.tensor(prefix),
        keep_BS=keep,
        bias_HTS=bias,
    )
    tap = Tap(record=record)
    mixed = attend(q, k, v, seen, scale=0.6, softcap=softcap, p=Pass(tap))
    weights = tap.kept.get("attention.pattern")
    expected, expected_weights = slow(q, k, v, 0.6, case["causal"], window, prefix, keep, softcap, bias, start)
    torch.testing.assert_close(mixed, expected, rtol=1e-5, atol=1e-5)
    assert (weights is not None) == bool(record)
    if weights is not None:
        torch.testing.assert_close(weights, expected_weights, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("attention", "groups"), [(GQA(kv_heads=2), 2), (MQA(), 1)], ids=["GQA", "MQA"])
@pytest.mark.parametrize("record", [False, True], ids=["fused", "recorded"])
def test_grouped_queries_are_multi_head_with_each_key_head_copied_in_place(attention, groups: int, record: bool):
    grouped, full = noisy(Transformer(small(attention=attention))), Transformer(small(attention=MHA()))
    state = grouped.state_dict()
    for name in [n for n in state if n.endswith("qkv.weight")]:
        q, k, v = state[name].split((16, 4 * groups, 4 * groups))
        copied = [torch.cat([m[4 * (h * groups // 4) :][:4] for h in range(4)]) for m in (k, v)]
        state[name] = torch.cat((q, *copied))
    full.load_state_dict(state)
    given = inputs(full.config)
    got, expected = (m(**given, record=record).logits_BTV for m in (grouped, full))
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("softcap", [None, 1.5], ids=["plain", "softcap"])
@pytest.mark.parametrize("queries", [2 * TILE, 2 * TILE + 1, 3 * TILE - 5])
def test_attention_in_tiles_is_attention_at_once(queries: int, softcap: float | None):
    """The future that is left out would have had no weight: the same values and the same gradients."""
    generator, found = torch.Generator().manual_seed(3), []
    given = [torch.randn(2, n, queries, 5, generator=generator, dtype=torch.double) for n in (4, 2, 2, 4)]
    for record in (False, True):
        q, k, v = (x.clone().requires_grad_() for x in given[:3])
        seen = mask(queries, queries, device=CPU, causal=True)
        p = Pass(Tap(record=record and ["attention.pattern"]))
        mixed = attend(q, k, v, seen, scale=0.6, softcap=softcap, p=p)
        found.append((mixed, *torch.autograd.grad(mixed, (q, k, v), given[3])))
    for tiled, whole in zip(*found, strict=True):
        torch.testing.assert_close(tiled, whole, rtol=1e-9, atol=1e-12)


def test_a_head_dimension_of_its_own_shapes_every_head():
    model: Any = Transformer(small(attention=GQA(heads=3, kv_heads=1, head_dim=6)))
    attention = model.decoder.blocks[0].attention
    assert attention.qkv.weight.shape == ((3 + 2) * 6, 16)
    assert attention.out.weight.shape == (16, 18)
    assert attention.scale == pytest.approx(6**-0.5)


def test_a_window_sees_exactly_its_last_tokens():
    model = Transformer(small(attention=MHA(window=3), layers=1))
    weights_BHTS = model(**inputs(model.config), record=True).decoder[0].self_attention_BHTS
    expected = torch.ones(9, 9).tril() - torch.ones(9, 9).tril(-3)
    assert ((weights_BHTS > 0) == expected.bool()).all()


def pattern(attention: Any, x: Tensor) -> Tensor:
    tap = Tap(record=["*.pattern"])
    attention(x, Pass(tap, mask=mask(5, 5, device=CPU)))
    return tap.kept["decoder.0.attention.pattern"]


def test_qk_norm_makes_scores_independent_of_the_length_of_queries():
    x = torch.randn(1, 5, 16, generator=torch.Generator().manual_seed(0))
    for kind, same in (("head", True), ("full", True), ("none", False)):
        model: Any = Transformer(small(attention={"kind": "MHA", "qk_norm": kind}))
        attention = model.decoder.blocks[0].attention
        one, ten = (pattern(attention, x * n) for n in (1, 10))
        assert torch.allclose(one, ten, atol=1e-4) == same


def test_mean_ablation_of_one_example_is_refused():
    config = small()
    with pytest.raises(ValueError, match="at least 2 examples, got 1"):
        Transformer(config)(**inputs(config, batch=1), edits=[Ablate("decoder", 0, "feed_forward", how="mean")])


def test_a_score_scale_is_read_as_files_of_before_spell_it():
    assert [MHA.model_validate({"kind": "MHA", "scaled": on}).scale for on in (True, False)] == [None, 1.0]
    with pytest.raises(ValueError, match="scalded"):
        MHA.model_validate({"kind": "MHA", "scalded": True})


@pytest.mark.parametrize("pattern", ["", "G", "LX", "l", "L" * 257])
def test_a_pattern_without_the_window_is_refused(pattern: str):
    with pytest.raises(ValueError, match="pattern"):
        MHA(window=3, pattern=pattern)
