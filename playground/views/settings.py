"""The values of a laboratory's form: what is set, what a reset returns to, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from playground.settings.dotted import flat
from playground.settings.edited import Edited


def value(
    edited: Edited[Any],
    kinds: dict[str, list[dict[str, Any]]],
    slot: str = "",
    *,
    hidden: Collection[str] = (),
    hints: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """See `components.form`. `kinds`: the rows of the form, by the kind of the slot. A row is not drawn where the
    settings have no such path, or where it is among the `hidden`; `hints` are sentences beside what is right.
    """
    values, defaults = flat(edited.raw), flat(edited.first.model_dump())
    kind = values[f"{slot}.kind"] if slot else ""
    names = [row["name"] for row in kinds[kind]]
    own = {"kind" if slot and path == f"{slot}.kind" else path: text for path, text in edited.problems.items()}
    marks = {name: ["hint", text] for name, text in (hints or {}).items()}
    marks |= {name: ["error", text] for name, text in own.items()}
    return {
        "kind": kind,
        "values": {name: values.get(name) for name in names},
        "defaults": {name: defaults.get(name, values.get(name)) for name in names}
        | ({"kind": defaults[f"{slot}.kind"]} if slot else {}),
        "running": {name: values.get(name) for name in names} | ({"kind": kind} if slot else {}),
        "marks": json.dumps({name: mark for name, mark in marks.items() if name in (*names, "kind")}),
        "hidden": json.dumps([name for name in names if name not in values or name in hidden]),
    }
