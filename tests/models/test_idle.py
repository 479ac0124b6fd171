"""A setting without effect is refused beside its field, unless it is at its default."""

from typing import Any

import pytest
from pydantic import ValidationError

from models import TransformerConfig
from models.config import problems, walk
from models.idle import idle
from tests.models.variants import BASE

MOE: dict[str, Any] = {"kind": "MoE", "experts": 4}
SOFT, HASH, TOP = ({"kind": kind} for kind in ("soft", "hash", "top-k"))
CHOICE = {"topology": "encoder-only", "feed_forward": {**MOE, "router": {"kind": "expert choice"}}}
IDLE: dict[str, tuple[dict[str, Any], str, Any, str]] = {
    "an encoder that is not there": ({}, "encoder_layers", 5, "only an encoder-decoder has a second stack"),
    "a final norm after post-norm": ({"norm": {"place": "post"}}, "norm.final", False, "a post-norm stack ends in"),
    "a pattern without a window": ({"attention": {"kind": "MHA"}}, "attention.pattern", "LG", "there is no window"),
    "the epsilon of no QK-norm": ({"attention": {"kind": "MHA"}}, "attention.qk_eps", 1e-3, "and keys are not normed"),
    "a base of local layers without others": (
        {"attention": {"kind": "MHA", "window": 3}, "position": {"kind": "RoPE"}}, "position.local_base", 5.0, "alike",
    ),
    "the bias of RMSNorm": ({}, "norm.bias", False, "only LayerNorm has one"),
    "the epsilon of no norm": ({"norm": {"kind": "none"}}, "norm.eps", 1e-3, "there is no norm"),
    "one deviation for all where each has its own": ({}, "init.std", 0.1, "fan-in draws matrices"),
    "a router's deviation without one": ({}, "init.router_std", 0.1, "no router learns"),
    "the deviation of a hash": ({"feed_forward": {**MOE, "router": HASH}}, "init.router_std", 0.1, "no router learns"),
    "a factor of no stretch": ({"position": {"kind": "RoPE"}}, "position.scaling.factor", 8.0, "no angles are"),
    "turns that nobody counts": ({"position": {"kind": "RoPE"}}, "position.scaling.trained", 8, "only YaRN and llama3"),
    "sharpness without YaRN": ({"position": {"kind": "RoPE"}}, "position.scaling.sharpness", 1.5, "only YaRN"),
    "dense layers that are not there": ({"feed_forward": MOE}, "feed_forward.dense_hidden", 8, "no layer is dense"),
    "slots of a soft mixture": (
        {"feed_forward": {**MOE, "router": SOFT}}, "feed_forward.capacity.factor", 1.0, "limits no slots",
    ),
    "slots of expert choice": (CHOICE, "feed_forward.capacity.evaluation", 1.0, "limits no slots"),
    "groups of a soft mixture": (
        {"feed_forward": {**MOE, "router": SOFT}}, "feed_forward.capacity.group", "sequence", "limits no slots",
    ),
    "a loss that moves no hash": (
        {"feed_forward": {**MOE, "router": HASH}}, "feed_forward.balance.auxiliary", 0.5, "hash routing learns nothing",
    ),
    "a bias that selects nothing": (
        {"feed_forward": {**MOE, "router": SOFT}}, "feed_forward.balance.bias_speed", 0.1, "no bias that moves",
    ),
    "a z-loss of a hash": (
        {"feed_forward": {**MOE, "router": HASH}}, "feed_forward.balance.z", 0.5, "hash routing learns nothing",
    ),
    "a loss of equal loads": (CHOICE, "feed_forward.balance.auxiliary", 0.5, "loads all experts alike"),
    "a loss between one device": (
        {"feed_forward": {**MOE, "router": TOP}}, "feed_forward.balance.device", 0.5, "there is one device",
    ),
}  # fmt: skip


def changed(fields: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    return fields | {name: changed(fields.get(name, {}), rest, value) if rest else value}


def said(fields: dict[str, Any]) -> dict[str, str]:
    try:
        TransformerConfig.model_validate(BASE | fields)
    except ValidationError as error:
        return problems(error, TransformerConfig)
    return {}


@pytest.mark.parametrize(("fields", "path", "value", "why"), IDLE.values(), ids=IDLE.keys())
def test_a_setting_without_effect_is_refused_beside_its_field(fields: dict, path: str, value: Any, why: str):
    assert said(fields) == {}
    found = said(changed(fields, path, value))
    assert list(found) == [path]
    assert " has no effect here: " in found[path]
    assert why in found[path]
    assert "Leave it " in found[path]


EFFECT: dict[str, dict[str, Any]] = {
    "encoder_layers": {"topology": "encoder-decoder"},
    "norm.final": {"norm": {"place": "pre"}},
    "attention.pattern": {"attention": {"kind": "MHA", "window": 3}},
    "norm.bias": {"norm": {"kind": "LayerNorm"}},
    "position.local_base": {"attention": {"kind": "MHA", "window": 3, "pattern": "LG"}, "position": {"kind": "RoPE"}},
    "init.std": {"init": {"scheme": "normal"}},
    "init.router_std": {"feed_forward": MOE},
    "position.scaling.sharpness": {"position": {"kind": "RoPE", "scaling": {"way": "YaRN"}}},
    "position.scaling.trained": {"position": {"kind": "RoPE", "scaling": {"way": "llama3"}}},
    "feed_forward.dense_hidden": {"feed_forward": {**MOE, "skip": 1}},
    "feed_forward.capacity.group": CHOICE,
    "feed_forward.balance.device": {"feed_forward": {**MOE, "devices": 2}},
    "feed_forward.balance.z": {"feed_forward": {**MOE, "router": SOFT}},
}


@pytest.mark.parametrize("path", EFFECT)
def test_where_it_has_an_effect_it_is_taken(path: str):
    values = {"norm.final": False, "feed_forward.capacity.group": "sequence", "init.std": 0.1, "init.router_std": 0.1}
    values |= {"attention.pattern": "LG", "norm.bias": False, "position.local_base": 5.0}
    number = 3 if path.endswith(("layers", "trained", "hidden")) else 0.5
    assert said(changed(EFFECT[path], path, values.get(path, number))) == {}


def test_every_idle_path_is_a_setting():
    mixed = TransformerConfig.model_validate({"feed_forward": MOE})
    assert idle({}.get).keys() <= {path for path, _, _ in walk(mixed)}
