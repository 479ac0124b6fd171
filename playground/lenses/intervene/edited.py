"""Other values at one place of the forward pass: loss, accuracy and every prediction before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from models import Ablate, Patch
from playground.findings import interventions as findings
from playground.interventions.editing import Effect, effect, mean_of, only_at
from playground.lenses.intervene import placed
from playground.lenses.intervene.costs import held_out, held_out_lines
from playground.lenses.intervene.predictions import drawn
from playground.lenses.intervene.trial import (
    ALL,
    LONGEST,
    Field,
    Python,
    Shown,
    Subject,
    Trial,
    batch_lines,
    cropped,
    examples,
    pick,
    places,
)

EXAMPLES = 64  # held-out ones, that a mean is over
DOES = (
    "Puts other values at one place of the forward pass, zero, a mean or those of another example, and compares loss, "
    'accuracy and every prediction before and after (<a href="https://arxiv.org/abs/2404.15255">Heimersheim and Nanda '
    "2024</a>)."
)
WAYS = {
    "zero": "zero",
    "mean": "the mean of the probe",
    "held-out": f"the mean of {EXAMPLES} held-out examples",
    "example": "another example’s values",
}


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    which, place = placed.fields(subject, chosen)
    layers = [(i, f"L{i}") for i in place.layers]
    kind = "choice" if len(layers) <= LONGEST // 8 else "select"
    layer = [pick("layer", "Layer", layers, chosen, layers[-1][0], kind=kind)] if layers else []
    where = places(placed.tokens(subject, place))
    at = pick(
        "position",
        "Position",
        [(ALL, "all"), *where],
        chosen,
        kind="select",
        help="Everywhere, or at one position alone",
    )
    lacking = _lacking(subject)
    ways = [(way, words) for way, words in WAYS.items() if way not in lacking]
    how = pick(
        "how", "Put there", ways, chosen, kind="select", absent=tuple(f"{WAYS[w]} — {lacking[w]}" for w in lacking)
    )
    others = [pick("example", "of example", examples(subject), chosen, kind="select")] if how.value == "example" else []
    return [*which, *layer, *placed.within(subject, place, chosen), at, how, *others]


def _lacking(subject: Subject) -> dict[str, str]:
    """Which ways there are not, and why."""
    lengths = [
        [min(t.shape[1], LONGEST) for t in (b.ids_BT, b.source_BS) if t is not None]
        for b in (subject.batch, subject.run.held_out)
    ]
    found = {"held-out": "they are of another length"} if lengths[0] != lengths[1] else {}
    if len(subject.batch.ids_BT) < 2:
        found |= dict.fromkeys(("mean", "example"), "this probe is one example")
    return found


def at(subject: Subject, what: placed.Placed, settings: Mapping[str, Any]) -> Tensor | None:
    """(B, T) which examples and positions are edited; None: all of them."""
    how, position = settings["how"], settings["position"]
    if position == ALL and how != "example":
        return None
    length = len(placed.tokens(subject, what.place))
    at_BT = torch.zeros(len(subject.batch.ids_BT), length, dtype=torch.bool)
    at_BT[:, slice(None) if position == ALL else position] = True
    if how == "example":
        at_BT[settings["example"]] = False
    return at_BT


def start(
    subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]
) -> Iterator[tuple[float, Effect | None]]:
    model, batch, route, how = subject.run.model, subject.batch, subject.run.precision.route, settings["how"]
    what = placed.placed(subject, settings)
    place, at_BT = what.place, at(subject, what, settings)
    layer, head, unit = settings.get("layer"), what.head, what.unit
    edit: Ablate | Patch = Ablate(place.stack, layer, place.part, head, "mean" if how == "mean" else "zero", unit=unit)
    if how == "held-out":
        with route():
            edit = mean_of(model, cropped(held_out(subject.run, EXAMPLES)), edit)
        yield 0.3, None
    if how == "example":
        assert at_BT is not None
        edit = Patch(place.stack, layer, place.part, at_BT, settings["example"], head, unit)
    elif at_BT is not None:
        with route():
            edit = only_at(model, batch, edit, at_BT)
        yield 0.6, None
    with route():
        found = effect(model, batch, edit)
    yield 1.0, found


def shown(subject: Subject, found: Effect, settings: dict[str, Any]) -> Shown:
    what = placed.placed(subject, settings)
    title = placed.said(subject, what, settings.get("layer"))
    position, how = settings["position"], settings["how"]
    if position != ALL:
        title += f", at position {position} ({placed.tokens(subject, what.place)[position]})"
    put = f"given the values of example {settings['example']}" if how == "example" else f"set to {WAYS[how]}"
    seen = drawn(subject, found.moved, subject.tokens(), what="edit", name="edited-place")
    count = len(found.before.loss_B)
    many = f"all {count} examples of the probe" if count > 1 else "the one example of the probe"
    if how == "example":
        many = f"the {count} examples of the probe but example {settings['example']}" if count > 1 else "example 0"
    error = "; ± is the standard error of the paired difference over them" if count > 1 else ""
    said = f"The edit acts on {many}: {found.scored:,} scored tokens{error}. Picture, bars and table show example 0."
    return Shown(findings.edited(found, f"{title}, {put}", subject.words), seen.table, (seen.map,), seen.bars, said)


def python(subject: Subject, found: Effect, settings: dict[str, Any]) -> Python:
    what, how, position = placed.placed(subject, settings), settings["how"], settings["position"]
    lines, name = batch_lines(subject)
    place, layer, at_BT = what.place, settings.get("layer"), at(subject, what, settings)
    narrow = "".join(f", {k}={v}" for k, v in (("head", what.head), ("unit", what.unit)) if v is not None)
    where = f'"{place.stack}", {layer}, "{place.part}"'
    names = ["effect"]
    if at_BT is not None:
        lines.append(f"at_BT = torch.zeros{tuple(at_BT.shape)}.bool()  # examples and positions")
        lines.append(f"at_BT[:, {':' if position == ALL else position}] = True")
    if how == "example":
        lines.append(f"at_BT[{settings['example']}] = False  # the example that the values are of")
        lines.append(f"edit = Patch({where}, at_BT, source={settings['example']}{narrow})")
    else:
        given = ', how="mean"' if how == "mean" else ""
        lines.append(f"edit = Ablate({where}{narrow}{given})")
    if how == "held-out":
        drawn_, others = held_out_lines(subject.run, EXAMPLES)
        longer = max(t.shape[1] for t in (subject.run.held_out.ids_BT, subject.run.held_out.source_BS) if t is not None)
        lines += drawn_
        cut = f"cropped({others})" if longer > LONGEST else others
        lines.append(f"edit = mean_of(run.model, {cut}, edit)")
        names.append("mean_of")
    if how != "example" and at_BT is not None:
        lines.append(f"edit = only_at(run.model, {name}, edit, at_BT)")
        names.append("only_at")
    lines += [f"found = effect(run.model, {name}, edit)", "print(found.change, found.frame())"]
    imports = [
        *(["import torch"] if any("torch." in line for line in lines) else []),
        f"from models import {'Patch' if how == 'example' else 'Ablate'}",
        f"from playground.interventions.editing import {', '.join(sorted(names))}",
    ]
    if any("cropped(" in line for line in lines) and not subject.note:
        imports.append("from playground.lenses.intervene.trial import cropped")
    return Python(imports, ["", *lines])


PLACE = Trial("place", "Edit a place", DOES, fields, start, shown, python)
