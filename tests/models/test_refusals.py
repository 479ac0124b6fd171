"""Configs that do not fit together are refused with a sentence beside the field to change."""

import math

import pytest
from pydantic import ValidationError

from models import TransformerConfig
from models.config import problems
from tests.models.variants import BASE

REFUSED = {
    "heads that do not divide the width": (
        {"attention": {"kind": "MHA", "heads": 5}},
        "attention.heads",
        "Use 1, 2, 4, 8",
    ),
    "key heads that do not divide the heads": (
        {"attention": {"kind": "GQA", "heads": 4, "kv_heads": 3}},
        "attention.kv_heads",
        "Use 1, 2, 4",
    ),
    "odd head dimension": (
        {"attention": {"kind": "MHA", "head_dim": 5}},
        "attention.head_dim",
        "Head dimension 5 is odd, and RoPE rotates pairs of channels. Use 4 or 6",
    ),
    "nothing to rotate": ({"position": {"kind": "RoPE", "fraction": 0.1}}, "position.fraction", "nothing to turn"),
    "odd part to rotate": (
        {"position": {"kind": "RoPE", "fraction": 0.75}},
        "position.fraction",
        "is 3 channels, an odd number, and RoPE rotates pairs",
    ),
    "odd sinusoid": (
        {"position": {"kind": "sinusoidal"}, "width": 15, "attention": {"kind": "MHA", "heads": 3}},
        "position.kind",
        "width 15 is odd",
    ),
    "odd sinusoid without attention": (
        {"position": {"kind": "sinusoidal"}, "width": 15, "attention": {"kind": "none"}},
        "position.kind",
        "width 15 is odd",
    ),
    "more buckets than distances": (
        {"position": {"kind": "T5", "buckets": 64, "furthest": 32}},
        "position.furthest",
        "Use 33 or more",
    ),
    "rotation without attention": ({"attention": {"kind": "none"}}, "position.kind", "this model has none"),
    "ALiBi in linear attention": (
        {"attention": {"kind": "linear"}, "position": {"kind": "ALiBi"}},
        "position.kind",
        "ALiBi adds to the scores before a softmax, and linear attention has none",
    ),
    "T5 in linear attention": (
        {"attention": {"kind": "linear"}, "position": {"kind": "T5"}},
        "position.kind",
        "Use RoPE, sinusoidal, learned or none",
    ),
    "Shaw in linear attention": (
        {"attention": {"kind": "linear"}, "position": {"kind": "Shaw"}},
        "position.kind",
        "its keys are summed before any query looks at them",
    ),
    "Transformer-XL in linear attention": (
        {"attention": {"kind": "linear"}, "position": {"kind": "Transformer-XL"}},
        "position.kind",
        "Transformer-XL adds to the scores before a softmax",
    ),
    "YaRN's sharpness in linear attention": (
        {"attention": {"kind": "linear"}, "position": {"kind": "RoPE", "scaling": {"way": "YaRN"}}},
        "position.scaling.sharpness",
        "YaRN sharpens a softmax, and linear attention has none",
    ),
    "odd sinusoid of distances": (
        {"position": {"kind": "Transformer-XL"}, "width": 15, "attention": {"kind": "MHA", "heads": 3}},
        "position.kind",
        "width 15 is odd",
    ),
    "YaRN's ends exchanged": (
        {"position": {"kind": "RoPE", "scaling": {"way": "YaRN", "fast": 1.0}}},
        "position.scaling.fast",
        "Use more",
    ),
    "encoder-decoder without attention": (
        {"attention": {"kind": "none"}, "position": {"kind": "none"}, "topology": "encoder-decoder"},
        "attention.kind",
        "cross-attention",
    ),
    "empty block": (
        {"attention": {"kind": "none"}, "position": {"kind": "none"}, "feed_forward": {"kind": "none"}},
        "feed_forward.kind",
        "attention, a feed-forward, or both",
    ),
    "parallel post-norm": ({"parallel": True, "norm": {"place": "post"}}, "parallel", "needs pre-norm"),
    "parallel without a feed-forward": (
        {"parallel": True, "feed_forward": {"kind": "none"}},
        "parallel",
        "needs pre-norm",
    ),
    "parallel with cross-attention": (
        {"parallel": True, "topology": "encoder-decoder"},
        "parallel",
        "no cross-attention",
    ),
    "prefix of an encoder": ({"prefix": True, "topology": "encoder-only"}, "prefix", "is encoder-only. Switch it off"),
    "scaled untied head": ({"head": {"scaled": True}}, "head.scaled", "belongs to a tied head"),
    "out of bounds": ({"layers": 0}, "layers", "Layers lies between 1 and 256; got 0"),
    "out of bounds in a variant": (
        {"attention": {"kind": "GQA", "softcap": -2.0}},
        "attention.softcap",
        "Soft-cap is more than 0, up to 1,000; got -2.0",
    ),
    "unknown setting": (
        {"attention": {"kind": "MHA", "kv_heads": 2}},
        "attention.kv_heads",
        "no setting called 'kv_heads'",
    ),
    "unknown choice": ({"norm": {"place": "mid"}}, "norm.place", "choose 'pre', 'post', 'output' or 'both'; got 'mid'"),
    "unknown kind": ({"attention": {"kind": "MLB"}}, "attention", "got"),
    "not a number": ({"position": {"kind": "RoPE", "base": math.nan}}, "position.base", "Base lies between 1.5 and"),
}


@pytest.mark.parametrize(("fields", "path", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_refused_beside_its_field(fields: dict, path: str, words: str):
    with pytest.raises(ValidationError) as caught:
        TransformerConfig.model_validate(BASE | fields)
    found = problems(caught.value, TransformerConfig)
    assert list(found) == [path]
    assert words in found[path]


def test_several_problems_are_all_told():
    with pytest.raises(ValidationError) as caught:
        TransformerConfig.model_validate({"layers": 999, "position": {"kind": "T5", "buckets": 6}, "width": "wide"})
    assert set(problems(caught.value, TransformerConfig)) == {"layers", "width", "position.buckets"}
