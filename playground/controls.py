"""Config classes -> the descriptions of control rows that the page draws, and back. Bounds, help and marks stay on
the fields.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from models.config import Config, bounds, extra, problems, variants
from playground.limits import excess
from playground.run import RunConfig

T = TypeVar("T")
HIDDEN = {"model.vocab", "model.context"}  # the task decides them
ROUTING = "model.feed_forward.router"
SLOTS = {
    "model.attention": "Attention",
    "model.position": "Position",
    "model.feed_forward": "Feed-forward",
    ROUTING: "Routing",
    "task": "Task",
}
SLOT_KINDS = frozenset(f"{slot}.kind" for slot in SLOTS)
GUESTS = {ROUTING: ("model.feed_forward.balance", "model.feed_forward.capacity")}
"""Slot -> parts of the config that its form shows too, whatever the kind: what acts on the routing stands together."""


class Accordion(NamedTuple):
    """One form of the configuration column: fields by kind ("" where there is only one)."""

    name: str
    title: str
    slot: str
    """Path of the discriminated union it edits, or ""."""
    kinds: dict[str, list[dict[str, Any]]]


def accordions() -> list[Accordion]:
    """The forms of the page, in order."""
    plain = [
        _slot(ROUTING, SLOTS[ROUTING]),  # what a mixture is changed by while it trains; not shown without one
        Accordion("model", "Model", "", {"": rows(RunConfig, only=("model",))}),
        *(_slot(name, title) for name, title in SLOTS.items() if name != ROUTING),
        Accordion("training", "Training", "", {"": rows(RunConfig, only=("training", "seed", "device"))}),
    ]
    return plain


def _slot(path: str, title: str) -> Accordion:
    field = field_at(path)
    guests = [row for guest in GUESTS.get(path, ()) for row in rows(_class_at(guest), guest + ".")]
    kinds = {kind: live_first(rows(member, path + ".") + guests) for kind, member in variants(field).items()}
    return Accordion(path.rpartition(".")[2], title, path, kinds)


def live_first(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What answers at the next update stands above what needs a restart."""
    return sorted(found, key=lambda row: not row["live"])


def _class_at(path: str) -> type[Config]:
    found = field_at(path).annotation
    assert isinstance(found, type)
    return found


def field_at(path: str) -> FieldInfo:
    """The field of a slot such as "model.attention"; below a slot, that of the first variant that has it."""
    here: type[Config] = RunConfig
    names = path.split(".")
    for name, following in pairwise(names):
        field = here.model_fields[name]
        members = [m for m in variants(field).values() if following in m.model_fields]
        here = members[0] if members else field.annotation  # type: ignore[assignment]
    return here.model_fields[names[-1]]


def rows(config_class: type[Config], path: str = "", only: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
    """One description per leaf below a config class; slots of other forms and what the task decides are left out."""
    found: list[dict[str, Any]] = []
    for name, field in config_class.model_fields.items():
        here, inner = path + name, field.annotation
        if (
            (name == "kind" and not extra(field))
            or here in HIDDEN
            or any(here in guests for guests in GUESTS.values())
            or variants(field)
            or (only is not None and name not in only)
        ):
            continue
        if isinstance(inner, type) and issubclass(inner, Config):
            found += rows(inner, here + ".")
        else:
            found.append(row(here, field))
            if here == "task.text":
                found.append(
                    {
                        **found[-1],
                        "name": "task.upload",
                        "label": "Upload",
                        "type": "file",
                        "help": "A .txt file in UTF-8; it fills the text.",
                    }
                )
    return found


def row(path: str, field: FieldInfo) -> dict[str, Any]:
    """What a control needs to know of a field."""
    about, (low, high) = extra(field), bounds(field)
    optional, kind, options = _kind(field.annotation)
    return {
        "name": path,
        "path": path,
        "label": about.get("label", path),
        "help": field.description or "",
        "paper": about.get("paper"),
        "live": about.get("live", False),
        "type": kind,
        "min": low,
        "max": about.get("most") or high,
        "step": about.get("step") or (1 if kind == "int" else None),
        "log": about.get("log", False),
        "options": options,
        "advanced": about.get("advanced", False),
        "unit": about.get("unit", ""),
        "optional": optional,
        "auto": about.get("empty", "off") if optional else "",
    }


def _kind(annotation: Any) -> tuple[bool, str, list[list[Any]]]:
    """(may be empty, type of control, options)."""
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return True, *_kind(inner[0])[1:]
    if get_origin(annotation) is Literal:
        return False, "choice", [[value, str(value)] for value in get_args(annotation)]
    return False, {bool: "bool", int: "int", float: "float"}.get(annotation, "text"), []


def plain(config: RunConfig) -> dict[str, Any]:
    """The config as nested plain values without what the task decides: what a visitor edits."""
    return config.model_dump(exclude={"model": {"vocab", "context"}})


def read(raw: Mapping[str, Any]) -> tuple[RunConfig | None, dict[str, str]]:
    """(config, {}) or (None, {path: sentence}) of edited values, the page's own limits included."""
    try:
        config = RunConfig.model_validate(raw)
    except ValidationError as error:
        return None, problems(error, RunConfig, page=True)
    found = excess(config)
    return (None, found) if found else (config, {})


def leaf(raw: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where the way ends."""
    here: Any = raw
    for name in path.split("."):
        here = here.get(name) if isinstance(here, Mapping) else None
    return here


def put(raw: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one leaf changed; raises ValueError for a path that ends at no leaf."""
    if path not in flat(raw):
        raise ValueError(f"There is no setting called {path!r:.60}.")
    return _with(raw, path, value)


def _with(raw: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    return {**raw, name: _with(raw[name], rest, value) if rest else value}


def put_kind(raw: Mapping[str, Any], slot: str, kind: Any) -> dict[str, Any]:
    """A copy with another variant in a slot, keeping the values they share; raises ValueError for an unknown one."""
    members = variants(field_at(slot))
    if not isinstance(kind, str) or kind not in members:
        raise ValueError(f"Choose one of {', '.join(members)}; got {kind!r:.40}.")
    if leaf(raw, slot) is None:
        raise ValueError(f"This model has no {slot.rpartition('.')[2]}. Choose a mixture of experts (MoE) first.")
    old, new = leaf(raw, slot) or {}, members[kind].model_fields
    kept = {name: value for name, value in old.items() if name in new and name != "kind" and _fits(value, new[name])}
    fresh = members[kind]().model_dump()
    return _with(raw, slot, {**fresh, **kept, "kind": kind})


def change(raw: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one control changed, be it the kind of a slot or a leaf; raises ValueError with a sentence."""
    return put_kind(raw, path.removesuffix(".kind"), value) if path in SLOT_KINDS else put(raw, path, value)


def ordered(changes: Mapping[str, T]) -> list[tuple[str, T]]:
    """(path, value) with kinds first, the outer before the inner: every field then finds its place."""
    return sorted(changes.items(), key=lambda item: item[0].count(".") if item[0].endswith(".kind") else 99)


def _fits(value: Any, field: FieldInfo) -> bool:
    """Whether a number carried over from another variant lies inside this field's bounds of the page."""
    low, high = bounds(field)
    high = extra(field).get("most") or high
    return not isinstance(value, (int, float)) or ((low is None or value >= low) and (high is None or value <= high))


def flat(raw: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """{dotted path: leaf}."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        found |= flat(value, f"{path}{name}.") if isinstance(value, Mapping) else {path + name: value}
    return found


def panel(path: str) -> str:
    """Name of the accordion that holds a control."""
    for slot in sorted(SLOTS, key=len, reverse=True):
        if path.startswith((slot + ".", *(guest + "." for guest in GUESTS.get(slot, ())))):
            return slot.rpartition(".")[2]
    return "model" if path.startswith("model.") else "training"
