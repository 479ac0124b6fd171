"""The forms of the configuration column: what controls show, which of them do nothing now, and marks beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from models.config import variants
from models.moe import ROUTERS, RouterConfig
from playground.settings import presets, rows
from playground.settings.forms import Accordion, field_at, flat, leaf, plain
from playground.visitors.session import Session
from playground.wording import said

LONG = 4000  # characters of a text that travels whole (static/controls/inputs.js)


def value(session: Session, accordion: Accordion) -> dict[str, Any]:
    """See `components.form`: values, defaults of the preset, values of the run, and a mark beside each control that
    has one.
    """
    values, defaults = flat(session.raw), flat(presets.raw(session.preset))
    running = flat(plain(session.run.now)) if session.run and not session.building else values
    kind = leaf(session.raw, f"{accordion.slot}.kind") if accordion.slot else ""
    if kind is None:
        return {}
    names = {row["name"] for row in accordion.kinds[kind]}
    marks: dict[str, list[str]] = {}
    if session.run is not None and not session.building:
        for path, _, _ in session.pending():
            marks[path] = ["pending", ""]
        first, now = flat(plain(session.run.config)), flat(plain(session.run.now))
        for step, path, _ in session.run.history.changes:
            if first[path] != now[path]:
                marks[path] = ["changed", f"Changed at step {step:,}, was {said(first[path])}."]
    for path, sentence in session.problems.items():
        marks[path] = ["error", sentence]
    mine = {
        ("kind" if accordion.slot and path == f"{accordion.slot}.kind" else path): mark
        for path, mark in marks.items()
        if path in names or (accordion.slot and path == f"{accordion.slot}.kind")
    }
    picked = {n: _excerpt(values.get(n)) for n in names}
    picked |= {"task.upload": None} if "task.upload" in names else {}
    return {
        "kind": kind,
        "values": picked,
        "defaults": {n: defaults.get(n, values.get(n)) for n in names}
        | ({"kind": leaf(presets.raw(session.preset), f"{accordion.slot}.kind")} if accordion.slot else {}),
        "running": {n: running.get(n) for n in names}
        | ({"kind": running.get(f"{accordion.slot}.kind")} if accordion.slot else {}),
        "marks": json.dumps(mine),
        "hidden": json.dumps(sorted(hidden(session.raw) & names)),
        "most": {name: most for name, most in ends(session.raw).items() if name in names},
    }


def ends(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Where sliders end whose end is another setting: no token is sent to more experts than there are."""
    experts = leaf(raw, "model.feed_forward.experts")
    return {"model.feed_forward.router.k": experts} if isinstance(experts, int) else {}


def hidden(raw: Mapping[str, Any]) -> frozenset[str]:
    """Controls that do nothing with these edited values, and are not shown. Values that do not hold together yet count
    too: an own text can only be typed where its field is shown.
    """

    def of(path: str) -> Any:
        return leaf(raw, path)

    topology = of("model.topology")
    off = {
        "model.encoder_layers": topology != "encoder-decoder",
        "model.prefix": topology != "decoder-only",
        "model.embedding.segments": topology != "encoder-only",
        "model.init.std": of("model.init.scheme") != "normal",
        "model.init.zero_head": bool(of("model.head.tied")),
        "model.head.scaled": not of("model.head.tied"),
        "model.norm.final": of("model.norm.place") != "pre",
        "task.mask_ratio": topology != "encoder-only",
        "task.text": of("task.source") != "own",
        "task.upload": of("task.source") != "own",
        **{f"model.feed_forward.{name}": off for name, off in _unused(of).items()},
    }
    return frozenset(name for name, useless in off.items() if useless)


def _unused(of: Callable[[str], Any]) -> dict[str, bool]:
    """Settings of a mixture that do nothing beside its others."""
    mixture, router = "model.feed_forward.", of("model.feed_forward.router.kind")
    config = ROUTERS.get(str(router), RouterConfig)
    seated, learns = config.picks == "tokens", config.learns
    limited = of(mixture + "capacity.factor") is not None or of(mixture + "capacity.evaluation") is not None
    limits = dict.fromkeys(("capacity.minimum", "capacity.rounding", "capacity.priority"), not (seated and limited))
    moved = learns and seated  # else all loads are equal, and losses of balance constant
    losses = dict.fromkeys(("balance.auxiliary", "balance.over", "balance.unit"), not moved)
    apart = dict.fromkeys(("balance.device", "balance.communication"), not moved or of(mixture + "devices") == 1)
    return {
        "capacity.factor": not seated,
        "capacity.evaluation": not seated,
        "capacity.group": not (seated and limited) and config.picks != "experts",
        "balance.bias_speed": not (moved and config.selects),
        "balance.z": not learns,
        "router.renormalise": of(mixture + "router.softmax") == "after selection",
        "router.groups_kept": of(mixture + "router.groups") == 1,
        "stacks": of("model.topology") != "encoder-decoder",
        "dense_hidden": of(mixture + "every") == 1
        and not of(mixture + "skip")
        and (of(mixture + "stacks") == "both" or of("model.topology") != "encoder-decoder"),
        **limits,
        **losses,
        **apart,
    }


def _excerpt(value: Any) -> Any:
    """A long text of the visitor's would travel with every update; its beginning is enough to recognise it. It comes as
    something that is no text, so that no control can take it for the value.
    """
    long = isinstance(value, str) and len(value) > LONG
    return {"excerpt": value[:300], "characters": len(value)} if long else value


def about(accordion: Accordion) -> dict[str, tuple[str, Any]]:
    """See `rows.about`."""
    return rows.about(variants(field_at(accordion.slot))) if accordion.slot else {}
