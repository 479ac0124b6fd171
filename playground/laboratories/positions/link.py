"""The page's settings as a link, and back: only what differs from the first, readable in the address bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from playground.positions.settings import PositionSettings, Setting
from playground.settings import links
from playground.settings.dotted import flat, ordered
from playground.settings.edited import Edited

PREFIX = "p."  # of every setting in the address
LONGEST = 4000  # characters of one value


def link(settings: PositionSettings) -> str:
    """ "?at=positions&p.position.base=500000"."""
    first, after = PositionSettings(), flat(settings.model_dump(exclude={"kept"}))
    before = flat(first.but(position=type(settings.position).model_validate({}).model_dump()).model_dump())
    before["position.kind"] = first.position.kind
    changed = {path: value for path, value in after.items() if before.get(path) != value}
    if settings.kept:
        changed["kept"] = [_short(each) for each in settings.kept]
    return "?" + urlencode([("at", "positions"), *links.encoded(changed, PREFIX)])


def _short(setting: Setting) -> dict[str, Any]:
    kind = {"kind": setting.position.kind}
    return setting.model_dump(exclude_defaults=True) | {
        "position": kind | setting.position.model_dump(exclude_defaults=True)
    }


def opened(edited: Edited[PositionSettings], query: Mapping[str, str]) -> list[str]:
    """Take the settings of an address; returns a sentence for each that could not be taken."""
    mine = {name.removeprefix(PREFIX): text for name, text in query.items() if name.startswith(PREFIX)}
    wanted = {path: links.decoded(text, LONGEST) for path, text in mine.items()}
    if not wanted:
        return []
    edited.reset()
    wrong = False
    for path, value in ordered(wanted):
        edited.edit(path, value)
        wrong |= edited.config.model_dump() == edited.raw and bool(edited.problems)  # refused by its own field
    if not (wrong or edited.problems):
        return []
    edited.reset()
    refused: list[str] = []
    for path, value in ordered(wanted):  # one by one: what does not fit is left out
        edited.edit(path, value)
        refused += [f"{sentence} It was left out." for sentence in edited.problems.values()]
        edited.raw, edited.problems = edited.config.model_dump(), {}
    return refused
