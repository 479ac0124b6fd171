"""The configuration of a run as forms of controls, and what their values make: a config or sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from models.config import Config, problems, variants
from playground.runs.idle import effective
from playground.runs.run import RunConfig
from playground.settings import dotted
from playground.settings.dotted import flat, leaf, ordered, put
from playground.settings.limits import excess, top
from playground.settings.rows import live_first, rows

__all__ = ["flat", "leaf", "ordered", "put"]

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
ELSEWHERE = frozenset(HIDDEN).union(*GUESTS.values())


class Accordion(NamedTuple):
    """One form of the configuration column: fields by kind ("" where there is only one)."""

    name: str
    title: str
    slot: str
    """Path of the discriminated union it edits, or ""."""
    kinds: dict[str, list[dict[str, Any]]]


def accordions() -> list[Accordion]:
    """The forms of the page, in order."""
    training = rows(RunConfig, only=("training", "seed", "device"))
    return [
        _slot(ROUTING),  # what a mixture is changed by while it trains; not shown without one
        Accordion("model", "Model", "", {"": rows(RunConfig, only=("model",), without=ELSEWHERE)}),
        *(_slot(path) for path in SLOTS if path != ROUTING),
        Accordion("training", "Training", "", {"": training}),
    ]


def _slot(path: str) -> Accordion:
    guests = [row for guest in GUESTS.get(path, ()) for row in rows(_class_at(guest), guest + ".")]
    kinds = {}
    for kind, member in variants(field_at(path)).items():
        own = rows(member, path + ".", without=ELSEWHERE)
        kinds[kind] = live_first([each for row in own for each in _uploaded(row)] + guests)
    return Accordion(path.rpartition(".")[2], SLOTS[path], path, kinds)


def _uploaded(row: dict[str, Any]) -> list[dict[str, Any]]:
    """A text of the visitor's own may also come from a file."""
    if row["path"] != "task.text":
        return [row]
    about = {"label": "Upload", "type": "file", "help": "A .txt file in UTF-8; it fills the text."}
    return [row, {**row, "name": "task.upload", **about}]


def _class_at(path: str) -> type[Config]:
    found = field_at(path).annotation
    assert isinstance(found, type)
    return found


def field_at(path: str) -> Any:
    """The field of a slot of a run's config; see `dotted.field_at`."""
    return dotted.field_at(RunConfig, path)


def plain(config: RunConfig) -> dict[str, Any]:
    """The config as nested plain values without what the task decides: what a visitor edits."""
    return config.model_dump(exclude={"model": {"vocab", "context"}})


def read(raw: Mapping[str, Any]) -> tuple[RunConfig | None, dict[str, str]]:
    """(config, {}) or (None, {path: sentence}) of edited values, the page's own limits included. What has no effect in
    this model is at its default in the config (`effective`).
    """
    try:
        config = effective(raw)
    except ValidationError as error:
        return None, problems(error, RunConfig, top)
    found = excess(config)
    return (None, found) if found else (config, {})


def put_kind(raw: Mapping[str, Any], slot: str, kind: Any) -> dict[str, Any]:
    """A copy with another variant in a slot of a run; see `dotted.put_kind`."""
    return dotted.put_kind(RunConfig, raw, slot, kind)


def change(raw: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one control of a run changed, be it the kind of a slot or a leaf; raises ValueError with a
    sentence.
    """
    return dotted.change(RunConfig, raw, path, value, SLOT_KINDS)


def panel(path: str) -> str:
    """Name of the accordion that holds a control."""
    for slot in sorted(SLOTS, key=len, reverse=True):
        if path.startswith((slot + ".", *(guest + "." for guest in GUESTS.get(slot, ())))):
            return slot.rpartition(".")[2]
    return "model" if path.startswith("model.") else "training"
