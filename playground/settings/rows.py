"""Fields of a config -> the descriptions of control rows that the page draws. Bounds, help and marks stay on the
fields.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from models.config import Config, bounds, extra, variants
from playground.wording import LABELS


def rows(
    config_class: type[Config],
    path: str = "",
    only: tuple[str, ...] | None = None,
    without: frozenset[str] = frozenset(),
) -> list[dict[str, Any]]:
    """One description per leaf below a config class; slots, which have forms of their own, and the paths `without` are
    left out.
    """
    found: list[dict[str, Any]] = []
    for name, field in config_class.model_fields.items():
        here, inner = path + name, field.annotation
        if (
            (name == "kind" and not extra(field))
            or here in without
            or variants(field)
            or (only is not None and name not in only)
        ):
            continue
        if isinstance(inner, type) and issubclass(inner, Config):
            found += rows(inner, here + ".", without=without)
        else:
            found.append(row(here, field))
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
        return False, "choice", [[value, LABELS.get(value, str(value))] for value in get_args(annotation)]
    return False, {bool: "bool", int: "int", float: "float"}.get(annotation, "text"), []


def live_first(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What answers at the next update stands above what needs a restart."""
    return sorted(found, key=lambda row: not row["live"])


def about(members: Mapping[str, type[Config]]) -> dict[str, tuple[str, Any]]:
    """(first paragraph of its docstring, its paper) of each variant, shown under the choice."""

    def words(member: type[Config]) -> str:
        return " ".join((member.__doc__ or "").split("\n\n")[0].split())

    return {kind: (words(member), getattr(member, "paper", None)) for kind, member in members.items()}
