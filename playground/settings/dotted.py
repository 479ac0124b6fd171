"""Edited values of a config as nested plain dictionaries, addressed by dotted paths ("model.attention.heads")."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, TypeVar

from pydantic.fields import FieldInfo

from models.config import Config, bounds, extra, variants

T = TypeVar("T")


def field_at(root: type[Config], path: str) -> FieldInfo:
    """The field of a slot such as "model.attention"; below a slot, that of the first variant that has it."""
    here: type[Config] = root
    names = path.split(".")
    for name, following in pairwise(names):
        field = here.model_fields[name]
        members = [m for m in variants(field).values() if following in m.model_fields]
        here = members[0] if members else field.annotation  # type: ignore[assignment]
    return here.model_fields[names[-1]]


def leaf(raw: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, None where the way ends."""
    here: Any = raw
    for name in path.split("."):
        here = here.get(name) if isinstance(here, Mapping) else None
    return here


def flat(raw: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """{dotted path: leaf}."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        found |= flat(value, f"{path}{name}.") if isinstance(value, Mapping) else {path + name: value}
    return found


def put(raw: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one leaf changed; raises ValueError for a path that ends at no leaf."""
    if path not in flat(raw):
        raise ValueError(f"There is no setting called {path!r:.60}.")
    return _with(raw, path, value)


def _with(raw: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    return {**raw, name: _with(raw[name], rest, value) if rest else value}


def put_kind(root: type[Config], raw: Mapping[str, Any], slot: str, kind: Any) -> dict[str, Any]:
    """A copy with another variant in a slot, keeping the values they share; raises ValueError for an unknown one."""
    members = variants(field_at(root, slot))
    if not isinstance(kind, str) or kind not in members:
        raise ValueError(f"Choose one of {', '.join(members)}; got {kind!r:.40}.")
    if leaf(raw, slot) is None:
        raise ValueError(f"This model has no {slot.rpartition('.')[2]}. Choose a mixture of experts (MoE) first.")
    old, new = leaf(raw, slot) or {}, members[kind].model_fields
    kept = {name: value for name, value in old.items() if name in new and name != "kind" and _fits(value, new[name])}
    fresh = members[kind]().model_dump()
    return _with(raw, slot, {**fresh, **kept, "kind": kind})


def change(root: type[Config], raw: Mapping[str, Any], path: str, value: Any, kinds: frozenset[str]) -> dict[str, Any]:
    """A copy with one control changed, be it the kind of a slot (one of `kinds`) or a leaf; raises ValueError with a
    sentence.
    """
    return put_kind(root, raw, path.removesuffix(".kind"), value) if path in kinds else put(raw, path, value)


def ordered(changes: Mapping[str, T]) -> list[tuple[str, T]]:
    """(path, value) with kinds first, the outer before the inner: every field then finds its place."""
    return sorted(changes.items(), key=lambda item: item[0].count(".") if item[0].endswith(".kind") else 99)


def _fits(value: Any, field: FieldInfo) -> bool:
    """Whether a number carried over from another variant lies inside this field's bounds of the page."""
    low, high = bounds(field)
    high = extra(field).get("most") or high
    return not isinstance(value, (int, float)) or ((low is None or value >= low) and (high is None or value <= high))


def kinds(config_class: type[Config], path: str = "") -> frozenset[str]:
    """Dotted paths of the kinds of all slots."""
    found: set[str] = set()
    for name, field in config_class.model_fields.items():
        if variants(field):
            found.add(f"{path}{name}.kind")
        elif isinstance(field.annotation, type) and issubclass(field.annotation, Config):
            found |= kinds(field.annotation, f"{path}{name}.")
    return frozenset(found)
