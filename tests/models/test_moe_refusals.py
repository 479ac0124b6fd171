"""Mixtures that do not fit together are refused with a sentence beside the field to change."""

import math

import pytest
from pydantic import ValidationError

from models import TransformerConfig
from models.config import problems
from tests.models.variants import BASE

AFTER = {"renormalise": False, "softmax": "after selection"}
REFUSED = {
    "more choices than experts": (
        {"feed_forward": {"kind": "MoE", "experts": 4, "router": {"kind": "top-k", "k": 5}}},
        "feed_forward.router.k",
        "A token cannot go to 5 of 4 experts. Lower k or add experts",
    ),
    "more hashes than experts": (
        {"feed_forward": {"kind": "MoE", "experts": 4, "split": 2, "router": {"kind": "hash", "k": 5}}},
        "feed_forward.router.k",
        "A token cannot go to 10 of 8 experts",
    ),
    "no seats": (
        {"feed_forward": {"kind": "MoE", "capacity": {"factor": 0}}},
        "feed_forward.capacity.factor",
        "Capacity factor is more than 0, up to 256; got 0",
    ),
    "negative seats": (
        {"feed_forward": {"kind": "MoE", "capacity": {"evaluation": -1.0}}},
        "feed_forward.capacity.evaluation",
        "Capacity factor, evaluating is more than 0, up to 256; got -1.0",
    ),
    "no number of seats": (
        {"feed_forward": {"kind": "MoE", "capacity": {"factor": math.nan}}},
        "feed_forward.capacity.factor",
        "Capacity factor lies between 0 and 256; got nan",
    ),
    "experts that devices cannot share": (
        {"feed_forward": {"kind": "MoE", "experts": 8, "devices": 3}},
        "feed_forward.devices",
        "8 experts cannot be spread evenly over 3 devices",
    ),
    "experts that groups cannot share": (
        {"feed_forward": {"kind": "MoE", "experts": 8, "router": {"kind": "DeepSeek-V3", "groups": 3}}},
        "feed_forward.router.groups",
        "8 experts cannot be split into 3 equal groups",
    ),
    "more groups kept than there are": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "DeepSeekMoE", "groups": 2, "groups_kept": 3}}},
        "feed_forward.router.groups_kept",
        "A token cannot use 3 of 2 groups",
    ),
    "too few experts in the groups kept": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "DeepSeekMoE", "k": 3, "groups": 4}}},
        "feed_forward.router.groups_kept",
        "1 of 4 groups hold 2 experts, fewer than the 3 of a token",
    ),
    "expert choice in a decoder": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "expert choice"}}},
        "feed_forward.router.kind",
        "a decoder would see its own future",
    ),
    "expert choice in both stacks": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "expert choice"}}, "topology": "encoder-decoder"},
        "feed_forward.router.kind",
        "a decoder would see its own future",
    ),
    "one renormalised gate": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "top-k", "k": 1}}},
        "feed_forward.router.k",
        "a renormalised gate is always 1, and the router gets no gradient",
    ),
    "one gate of a softmax over one": (
        {
            "feed_forward": {
                "kind": "MoE",
                "router": {"kind": "top-k", "k": 1, **AFTER},
            }
        },
        "feed_forward.router.k",
        "a renormalised gate is always 1",
    ),
    "one noisy gate": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "noisy top-k", "k": 1}}},
        "feed_forward.router.k",
        "a renormalised gate is always 1",
    ),
    "one gate of V3": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "DeepSeek-V3", "k": 1}}},
        "feed_forward.router.k",
        "a renormalised gate is always 1",
    ),
    "experts that cannot be split": (
        {"feed_forward": {"kind": "MoE", "hidden": 30, "split": 4}},
        "feed_forward.split",
        "A hidden width of 30 cannot be split into 4 equal parts",
    ),
    "a bias that selects nothing": (
        {"feed_forward": {"kind": "MoE", "router": {"kind": "soft"}, "balance": {"bias_speed": 0.1}}},
        "feed_forward.balance.bias_speed",
        "soft routing has no bias that moves at a speed",
    ),
    "mixtures in a stack that is not there": (
        {"feed_forward": {"kind": "MoE", "stacks": "encoder"}},
        "feed_forward.stacks",
        "This model is decoder-only: it has no encoder, and would have no mixture",
    ),
}


@pytest.mark.parametrize(("fields", "path", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mixture_that_does_not_fit_is_refused_beside_its_field(fields: dict, path: str, words: str):
    with pytest.raises(ValidationError) as caught:
        TransformerConfig.model_validate(BASE | fields)
    found = problems(caught.value, TransformerConfig)
    assert list(found) == [path]
    assert words in found[path]


@pytest.mark.parametrize(
    "moe",
    [
        {"router": {"kind": "expert choice"}, "stacks": "encoder", "topology": "encoder-decoder"},
        {"router": {"kind": "expert choice"}, "topology": "encoder-only"},
        {"router": {"kind": "top-k", "k": 1, "renormalise": False}},
        {"router": {"kind": "top-k", "k": 1}, "split": 2},
        {"router": {"kind": "DeepSeekMoE", "k": 1}},
        {"router": {"kind": "hash", "k": 1}},
    ],
    ids=repr,
)
def test_mixtures_that_fit_are_taken(moe: dict):
    feed_forward = {"kind": "MoE"} | {name: value for name, value in moe.items() if name != "topology"}
    topology = moe.get("topology", "decoder-only")
    TransformerConfig.model_validate(BASE | {"topology": topology, "feed_forward": feed_forward})
