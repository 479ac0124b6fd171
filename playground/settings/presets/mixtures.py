"""Mixtures of experts. What each is said to do was measured over five seeds (docs/log.md).

It is long as a table is: an entry for each preset.
"""

from __future__ import annotations

from typing import Any

from playground.runs.run import RunConfig
from playground.settings.presets.base import Preset, run

GROUP = "Mixtures of experts"
MOE = "model.feed_forward"
SWITCH = ("Fedus et al. 2021", "https://arxiv.org/abs/2101.03961")
DAI = ("Dai et al. 2024", "https://arxiv.org/abs/2401.06066")


def _mixture(
    experts: int,
    hidden: int,
    *,
    router: dict[str, Any] | None = None,
    auxiliary: float = 0.0,
    bias_speed: float = 0.0,
    factor: float | None = None,
) -> dict[str, Any]:
    """A feed-forward slot; the capacity holds in training and evaluation alike."""
    return {
        "kind": "MoE",
        "experts": experts,
        "hidden": hidden,
        "activation": "gelu",
        "router": router or {"kind": "top-k", "k": 2},
        "balance": {"auxiliary": auxiliary, "bias_speed": bias_speed},
        "capacity": {"factor": factor, "evaluation": factor},
    }


def _factor(value: float) -> dict[str, float]:
    """In training and evaluation alike."""
    return {f"{MOE}.capacity.factor": value, f"{MOE}.capacity.evaluation": value}


def _text(feed_forward: dict[str, Any], **training: Any) -> RunConfig:
    change = {"position": {"kind": "RoPE"}, "feed_forward": feed_forward}
    return run("fast", {"kind": "text"}, change=change, **{"batch": 16, "steps": 400, **training})


def _tagged(
    feed_forward: dict[str, Any],
    *,
    position: dict[str, Any] | None = None,
    embedding_std: float = 0.02,
    **training: Any,
) -> RunConfig:
    base = run("fast", {"kind": "tagged"}).model.init.model_dump()
    change = {"feed_forward": feed_forward, "init": {**base, "embedding_std": embedding_std}}
    change |= {"position": position} if position else {}
    return run("fast", {"kind": "tagged", "length": 5}, change=change, **{"batch": 96, "steps": 400, **training})


_SHARED = {f"{MOE}.experts": 30, f"{MOE}.hidden": 32, f"{MOE}.router.k": 6, f"{MOE}.shared": 2}
_TWO = {f"{MOE}.router.kind": "top-k", f"{MOE}.router.k": 2, f"{MOE}.hidden": 128}
_LOSS = {f"{MOE}.balance.bias_speed": 0.0, f"{MOE}.balance.auxiliary": 0.1}
MIXTURES = [
    Preset(
        "collapse",
        "Collapse and recover",
        GROUP,
        _text(_mixture(16, 128)),
        "Nothing asks for balance: within 50 steps one expert of the last layer takes nearly all tokens, and others "
        "die. Turn the auxiliary loss to 0.1 at any step, and the load spreads within 60.",
        (
            ("Auxiliary loss 0.1", {f"{MOE}.balance.auxiliary": 0.1}, "spreads the load; no restart is needed"),
            (
                "Bias balancing 0.01",
                {f"{MOE}.balance.bias_speed": 0.01},
                "does it without a loss, more slowly; it swings",
            ),
            (
                "auxiliary loss 0.01",
                {f"{MOE}.balance.auxiliary": 0.01},
                "recovers more slowly from a collapse; from the first step on it prevents one",
            ),
        ),
        SWITCH,
        "experts",
    ),
    Preset(
        "capacity",
        "Capacity",
        GROUP,
        _text(_mixture(16, 128, auxiliary=0.1, factor=1.25)),
        "Every expert has 1.25 times its fair share of slots, and whoever finds none is dropped. Within the first "
        "twenty updates about a third of all choices are (31 to 42 % on three seeds); as the load evens out, few.",
        (
            ("Auxiliary loss 0", {f"{MOE}.balance.auxiliary": 0.0}, "lets the load collapse, and half is dropped"),
            ("capacity factor 1.0", {f"{MOE}.capacity.factor": 1.0}, "leaves no slot more than an even load takes"),
            ("Capacity factor 0.5", {f"{MOE}.capacity.factor": 0.5}, "leaves slots for half of the choices"),
            ("Capacity factor 2", {f"{MOE}.capacity.factor": 2.0}, "drops next to nothing"),
        ),
        SWITCH,
        "experts",
        rivals=(
            ("factor 1.25", {}),
            ("auxiliary loss 0", {f"{MOE}.balance.auxiliary": 0.0}),
            ("factor 0.5", _factor(0.5)),
            ("factor 2", _factor(2.0)),
        ),
    ),
    Preset(
        "specialists",
        "Specialists",
        GROUP,
        _tagged(_mixture(32, 64, router={"kind": "DeepSeekMoE", "k": 8}, auxiliary=0.01), position={"kind": "RoPE"}),
        "Four tasks in one stream, 32 small experts, eight to a token. The experts of the first layer come to divide "
        "the tokens by task.",
        (
            (
                "learned positions, larger embeddings",
                {"model.position.kind": "learned", "model.init.embedding_std": 0.5},
                "make the router sort by position first",
            ),
            (
                "8 experts, 2 to a token",
                {f"{MOE}.experts": 8, f"{MOE}.router.k": 2, f"{MOE}.hidden": 256},
                "are the same work in larger pieces",
            ),
        ),
        DAI,
        "experts",
        layer=0,
    ),
    Preset(
        "grain",
        "Coarse, fine, shared",
        GROUP,
        _tagged(_mixture(8, 128, auxiliary=0.01), embedding_std=0.5, steps=300),
        "The same work per token in four shapes: one wide network, 2 of 8 experts, 8 of 32 that are a quarter as wide, "
        "and 6 of 30 beside 2 that every token passes through.",
        (
            ("Fine-grained", {f"{MOE}.split": 4}, "splits each expert in four and chooses four times as many"),
            ("two of them shared", _SHARED, "take what all tokens need"),
            ("dense", {f"{MOE}.kind": "dense", f"{MOE}.hidden": 256}, "is one network of the same active width"),
        ),
        DAI,
        "experts",
        rivals=(
            ("2 of 8 experts", {}),
            ("8 of 32, a quarter as wide", {f"{MOE}.split": 4}),
            ("6 of 30 and 2 shared", _SHARED),
            ("dense", {f"{MOE}.kind": "dense", f"{MOE}.hidden": 256}),
        ),
    ),
    Preset(
        "one-or-two",
        "Top-1 or top-2",
        GROUP,
        _text(_mixture(16, 256, router={"kind": "Switch"}, auxiliary=0.01)),
        "One expert per token with its plain probability as the gate (Switch), or two half as wide with renormalised "
        "gates: the same work per token.",
        (("two experts, half as wide", _TWO, "are the same work"),),
        SWITCH,
        "experts",
        rivals=(("top-1", {}), ("top-2, half as wide", _TWO)),
    ),
    Preset(
        "sparse",
        "Sparse or dense",
        GROUP,
        _text(_mixture(8, 256, router={"kind": "Switch"}, auxiliary=0.01), steps=600),
        "Eight networks of which each token uses one, against a single one of that width: five times the parameters "
        "of the whole model for the same work per token.",
        (("dense", {f"{MOE}.kind": "dense"}, "has the same active width, and a fifth of the parameters"),),
        SWITCH,
        "experts",
        rivals=(("8 experts, top-1", {}), ("dense", {f"{MOE}.kind": "dense"})),
    ),
    Preset(
        "bias",
        "Bias or auxiliary loss",
        GROUP,
        _text(_mixture(16, 128, bias_speed=0.01)),
        "Balance without a loss: after every update the bias of an overloaded expert falls a little, that of the "
        "others rises. Watch the load swing around uniform, update by update.",
        (
            ("auxiliary loss 0.1 instead", _LOSS, "pulls on the router itself"),
            ("both, the loss at 0.01", {f"{MOE}.balance.auxiliary": 0.01}, "damps the swing"),
        ),
        ("Wang et al. 2024", "https://arxiv.org/abs/2408.15664"),
        "experts",
        rivals=(
            ("bias 0.01", {}),
            ("auxiliary loss 0.1", _LOSS),
            ("bias and loss 0.01", {f"{MOE}.balance.auxiliary": 0.01}),
        ),
    ),
    Preset(
        "bf16-router",
        "bf16 router",
        GROUP,
        _text(_mixture(8, 128, router={"kind": "top-k", "k": 2, "precision": "bfloat16"}, auxiliary=0.01)),
        "The router computes its scores in bfloat16, which keeps three digits. Large models became unstable with it; "
        "here it only sends a few tokens elsewhere.",
        (("Router precision float32", {f"{MOE}.router.precision": "float32"}, "is what everybody trains with"),),
        SWITCH,
        "experts",
        rivals=(("bfloat16 router", {}), ("float32 router", {f"{MOE}.router.precision": "float32"})),
    ),
]
