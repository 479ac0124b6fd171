"""Settings that have no effect beside the others. They stay at their defaults: nothing that is asked for is ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from models.config import Config, extra, refuse
from models.moe import ROUTERS
from models.position.scaling import FAST

STRETCH, MIX = "position.scaling.", "feed_forward."
SEATS = ("factor", "evaluation", "minimum", "maximum", "rounding", "priority")
LIMITS = tuple(f"{MIX}capacity.{name}" for name in SEATS)
LOADS = tuple(f"{MIX}balance.{name}" for name in ("auxiliary", "over", "unit"))
DEVICES = (f"{MIX}balance.device", f"{MIX}balance.communication")


def idle(of: Callable[[str], Any]) -> dict[str, str]:
    """{dotted path below a model's config: why it has no effect}.

    `of` gives the value at a path, None where there is no such setting: edited values that do not fit together yet have
    idle settings too. What waits for a live setting to be switched on (the rounding of a capacity) is not idle.
    """
    way, kind, joined = of(f"{STRETCH}way"), of(f"{MIX}router.kind"), of("topology") == "encoder-decoder"
    router = ROUTERS.get(str(kind))
    learns, picks = router is not None and router.learns, router.picks if router else "nobody"
    selects = router is not None and router.selects
    dense = of(f"{MIX}every") != 1 or of(f"{MIX}skip") or (joined and of(f"{MIX}stacks") != "both")
    rules = (
        (not joined, "only an encoder-decoder has a second stack", ("encoder_layers",)),
        (of("norm.place") == "post", "a post-norm stack ends in a norm as it is", ("norm.final",)),
        (of("norm.kind") == "none", "there is no norm", ("norm.eps",)),
        (of("norm.kind") != "LayerNorm", "only LayerNorm has one", ("norm.bias",)),
        (of("attention.window") is None, "there is no window", ("attention.pattern",)),
        (
            of("attention.window") is None or "G" not in str(of("attention.pattern")),
            "all layers are alike",
            ("position.local_base",),
        ),
        (of("attention.qk_norm") == "none", "queries and keys are not normed", ("attention.qk_eps",)),
        (of("init.scheme") != "normal", "fan-in draws matrices by their inputs", ("init.std",)),
        (not learns, "no router learns", ("init.router_std",)),
        (way == "none", "no angles are stretched", (f"{STRETCH}factor",)),
        (way not in FAST, "only YaRN and llama3 count turns", tuple(STRETCH + n for n in ("trained", "fast", "slow"))),
        (way != "YaRN", "only YaRN sharpens", (f"{STRETCH}sharpness",)),
        (of(f"{MIX}every") == 1, "every layer has experts", (f"{MIX}which",)),
        (not dense, "no layer is dense", (f"{MIX}dense_hidden",)),
        (picks != "tokens", f"{kind} routing limits no slots", LIMITS),
        (picks == "nobody", f"{kind} routing limits no slots", (f"{MIX}capacity.group",)),
        (not learns, f"{kind} routing learns nothing", (*LOADS, *DEVICES, f"{MIX}balance.z")),
        (picks != "tokens", f"{kind} routing loads all experts alike", (*LOADS, *DEVICES)),
        (not selects, f"{kind} routing has no bias that moves at a speed", (f"{MIX}balance.bias_speed",)),
        (of(f"{MIX}devices") == 1, "there is one device", DEVICES),
    )
    return {path: why for holds, why, paths in reversed(rules) if holds for path in paths}


def default(config_class: type[Config], name: str) -> tuple[str, Any]:
    """(label, default) of a field."""
    field = config_class.model_fields[name]
    return extra(field).get("label", name), field.default


def check(config: Config) -> None:
    """Raise `Refused` for an idle setting of a model's config that is not at its default."""

    def of(path: str) -> Any:
        here: Any = config
        for name in path.split("."):
            here = vars(here).get(name) if isinstance(here, Config) else None
        return here

    for path, why in idle(of).items():
        slot, _, name = path.rpartition(".")
        if of(path) is not None:
            label, usual = default(type(of(slot) if slot else config), name)
            if of(path) != usual:
                refuse(path, f"{label} has no effect here: {why}. Leave it {said(usual)}.")


def said(value: Any) -> str:
    """A default in words: "on", "empty", "at 2"."""
    return {True: "on", False: "off", None: "empty"}.get(value, "") if isinstance(value, bool | None) else f"at {value}"
