"""The choice of a place of the model: its stack, name, head and number, and which are not there and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from models.edits import StackName
from playground.interventions.places import LABELS, UNITS, Place, absent, called, places
from playground.lenses.intervene.trial import ALL, Field, Subject, pick
from playground.lenses.intervene.trial import places as positions
from playground.runs.run import Run

FIRST = "attention.out"
AXES = {
    **UNITS,
    "B": "example",
    "T": "position",
    "S": "position of the key",
    "H": "head",
    "G": "key-value head",
    "1": "one number",
}
_known: WeakKeyDictionary[Run, dict[StackName, dict[str, Place]]] = WeakKeyDictionary()


class Placed(NamedTuple):
    """What is chosen."""

    place: Place
    head: int | None
    unit: int | None


def known(run: Run) -> dict[StackName, dict[str, Place]]:
    """The places of a run's model, found out once."""
    if run not in _known:
        _known[run] = places(run.model)
    return _known[run]


def fields(subject: Subject, chosen: Mapping[str, Any], first: str = FIRST) -> tuple[list[Field], Place]:
    """The inputs that choose a place, and the place chosen."""
    run = subject.run
    there = known(run)
    stack = pick("stack", "Stack", [(s, s.capitalize()) for s in there], chosen)
    mine: dict[str, Place] = there[stack.value]
    lacking = tuple(f"{LABELS[p]} — {absent(run.config.model, stack.value, p)}" for p in LABELS if p not in mine)
    options = [(part, place.label) for part, place in mine.items()]
    first = first if first in mine else next(iter(mine))
    part = pick("place", "Place", options, chosen, first, kind="select", absent=lacking)
    place = mine[part.value]
    part = part._replace(help=f"In Python {part.value}, by {', '.join(AXES[letter] for letter in place.axes)}")
    return [*([stack] if len(there) > 1 else []), part], place


def within(subject: Subject, place: Place, chosen: Mapping[str, Any]) -> list[Field]:
    """The inputs that narrow it, where it has heads, or an axis to take one number of."""
    found, whole = [], [(ALL, "all")]
    if place.heads:
        shared = place.axes[1] == "G" and place.heads != subject.run.config.model.attention.query_heads()
        heads = [*whole, *((i, f"H{i}") for i in range(place.heads))]
        found.append(pick("head", "Key-value head" if shared else "Head", heads, chosen, kind="select"))
    letter = place.axes[-1]
    if letter == "S":
        keys = positions(subject.tokens(_reads(place, keys=True)))
        found.append(pick("unit", "Key", [*whole, *keys], chosen, kind="select"))
    elif letter == "V":
        found.append(pick("unit", "Token", [*whole, *enumerate(subject.words)], chosen, kind="select"))
    elif place.units:
        found.append(pick("unit", UNITS[letter].capitalize(), whole, chosen, kind="number", below=place.units))
    return found


def tokens(subject: Subject, place: Place) -> list[str]:
    """What stands at the positions of a place."""
    return subject.tokens(_reads(place))


def _reads(place: Place, *, keys: bool = False) -> str:
    crossed = place.of_source or (keys and place.part.startswith("cross_attention."))
    return "source" if crossed else place.stack


def placed(subject: Subject, settings: Mapping[str, Any]) -> Placed:
    """What the inputs say."""
    there = known(subject.run)
    place = there[settings.get("stack", next(iter(there)))][settings["place"]]
    head, unit = settings.get("head", ALL), settings.get("unit", ALL)
    return Placed(place, None if head == ALL else head, None if unit == ALL else unit)


def said(subject: Subject, what: Placed, layer: int | None) -> str:
    """L1 self-attention pattern, H0, key 3 (a)."""
    place, letter = what.place, what.place.axes[-1]
    both = f"{place.stack} " if len(known(subject.run)) > 1 else ""
    parts = [f"{both}{'' if layer is None else f'L{layer} '}{called(place.part)}"]
    parts += [f"H{what.head}"] if what.head is not None else []
    if what.unit is not None and letter == "S":
        parts.append(f"key {what.unit} ({subject.tokens(_reads(place, keys=True))[what.unit]})")
    elif what.unit is not None:
        parts.append(f"{UNITS[letter]} {subject.words[what.unit] if letter == 'V' else what.unit}")
    told = ", ".join(parts)
    return f"{told[0].upper()}{told[1:]}"
