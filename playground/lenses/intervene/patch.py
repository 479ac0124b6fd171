"""Activation patching: which activations of the clean prompt bring its answer back on the corrupted one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from playground.figures import interventions as figures
from playground.findings import interventions as findings
from playground.interventions.patching import Patching, patching
from playground.interventions.places import Place, called
from playground.lenses.intervene import placed
from playground.lenses.intervene.corrupting import Corruption, Wish, corruption, exchanged
from playground.lenses.intervene.trial import (
    AUTO,
    Field,
    Python,
    Shown,
    Subject,
    Trial,
    batch_lines,
    examples,
    pick,
    places,
    table,
    vocabulary,
)

DOES = (
    "Runs the model on a clean prompt and on a corrupted one, in which one token differs or which is another example, "
    "and puts one activation of the clean run after another into the corrupted one: how much of the clean answer comes "
    "back "
    '(<a href="https://arxiv.org/abs/2202.05262">Meng et al. 2022</a>).'
)
STREAM, SWAP = "residual.after", "swap"
NOTE = "recovered share of the logit difference: 0 does nothing, 1 brings all back"


class Patched(NamedTuple):
    prompts: Corruption
    positions: Patching
    heads: Patching | None


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    which, place = placed.fields(subject, chosen, STREAM)
    automatic, tokens = [(AUTO, "automatic")], vocabulary(subject)
    ways = [(SWAP, "one token swapped"), *examples(subject)]
    prompt = pick("prompt", "Corrupted prompt", ways, chosen, kind="select")
    swapped = [
        pick("position", "Corrupt position", [*automatic, *places(subject.tokens("source"))], chosen, kind="select"),
        pick("token", "to", tokens, chosen, kind="select"),
    ]
    return [
        *which,
        *placed.within(subject, place, chosen),
        prompt,
        *(swapped if prompt.value == SWAP else []),
        pick("at", "Read the answer at", [*automatic, *places(subject.tokens())], chosen, kind="select"),
        pick("right", "Clean answer", tokens, chosen, kind="select"),
        pick("wrong", "Corrupted answer", tokens, chosen, kind="select"),
    ]


def start(
    subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]
) -> Iterator[tuple[float, Patched | None]]:
    model, route, batch, words = subject.run.model, subject.run.precision.route, subject.batch, subject.words
    wish = Wish(**{name: None if settings.get(name, AUTO) == AUTO else settings[name] for name in Wish._fields})
    with route():
        other = settings["prompt"]
        found = corruption(model, batch, words, wish) if other == SWAP else exchanged(model, batch, words, wish, other)
    prompts = (model, found.clean, found.corrupted, found.answer)
    place, head, unit = placed.placed(subject, settings)
    of = by_head_of(subject, place)
    end = 1.0 if of is None else 0.5
    now = None
    for now in patching(*prompts, place.part, by="position", head=head, unit=unit, stack=place.stack, route=route):
        yield end * _known(now), Patched(found, now, None)
    assert now is not None
    if of is None or cancelled():
        return
    narrow = unit if of == place.part else None
    for heads in patching(*prompts, of, by="head", unit=narrow, stack=place.stack, route=route):
        yield end + (1 - end) * _known(heads), Patched(found, now, heads)


def by_head_of(subject: Subject, place: Place) -> str | None:
    """Which place is patched head by head: the one that is chosen, if it has heads; else what each head mixes."""
    mixes = "cross_attention.z" if place.part.startswith("cross_attention") else "attention.z"
    of = place.part if place.heads else mixes
    return of if of in placed.known(subject.run)[place.stack] else None


def _known(now: Patching) -> float:
    """Share of the cells."""
    return float((~np.isnan(now.recovered_LX)).mean())


def shown(subject: Subject, found: Patched, settings: dict[str, Any]) -> Shown:
    words, by = subject.words, found.positions
    clean, corrupted = ([words[i] for i in ids] for ids in (by.clean_ids, by.corrupted_ids))
    name = placed.said(subject, placed.placed(subject, settings), None)
    figure = figures.patching(by.recovered_LX, layers=by.layers, clean=clean, corrupted=corrupted)
    maps = [{"title": f"By position: {name[0].lower()}{name[1:]}", "note": NOTE, "heat": figure, "pick": ""}]
    if found.heads is not None:
        part = found.heads.part
        attention = "cross" if part.startswith("cross_attention") else by.stack
        figure = figures.patching(found.heads.recovered_LX, layers=found.heads.layers)
        opens = "at all positions at once; a press opens the head in the Attention lens"
        maps.append({"title": f"By head: {called(part)}", "note": opens, "heat": figure, "pick": attention})
    prompts, (at, right, wrong) = found.prompts, by.answer
    side = " of the source" if prompts.clean.source_BS is not None else ""
    differs = f"The clean prompt is example 0, the corrupted one example {settings.get('prompt')}"
    if prompts.position is not None:
        swapped = f"{words[prompts.old]} in the clean prompt and {words[prompts.new]} in the corrupted one"
        differs = f"Position {prompts.position}{side} is {swapped}"
    said = (
        f"One pair of prompts of {len(clean)} tokens, so there is no standard error. {differs}; the answer is read at "
        f"position {at}: {words[right]} against {words[wrong]}."
    )
    frames = [by.frame()] + ([found.heads.frame()] if found.heads is not None else [])
    digits = {"recovered": 3, "logit_difference": 3}
    rows = pd.concat([f.reindex(columns=["layer", "position", "head", *digits]) for f in frames])
    rows = rows.astype({"position": "Int64", "head": "Int64"})
    told = table(rows, "patching", f"Patched: {name}, and heads", digits)
    return Shown(findings.patching(by, words), told, tuple(maps), note=said)


def python(subject: Subject, found: Patched, settings: dict[str, Any]) -> Python:
    lines, name = batch_lines(subject)
    imports = [
        f"from playground.interventions.patching import {'by_head, ' if found.heads else ''}by_position",
        "from playground.interventions.prompts import Answer",
        "from playground.lenses.intervene.trial import example",
    ]
    field = "ids_BT" if found.prompts.clean.source_BS is None else "source_BS"
    by, heads = found.positions, found.heads
    stack = f', stack="{by.stack}"'
    narrow = "".join(f", {k}={v}" for k, v in (("head", by.head), ("unit", by.unit)) if v is not None)
    unit = f", unit={heads.unit}" if heads and heads.unit is not None else ""
    corrupted = [f"clean, corrupted = example({name}), example({name}, {settings['prompt']})"]
    if found.prompts.position is not None:
        corrupted = [
            f"clean, other = example({name}), example({name}).{field}.clone()",
            f"other[0, {found.prompts.position}] = {found.prompts.new}",
            f"corrupted = clean._replace({field}=other)",
        ]
    return Python(
        imports,
        [
            "",
            *lines,
            *corrupted,
            f"prompts = (run.model, clean, corrupted, Answer{tuple(by.answer)})",
            f'found = by_position(*prompts, "{by.part}"{narrow}{stack})',
            "print(found.recovered_LX)",
            *([f'print(by_head(*prompts, "{heads.part}"{unit}{stack}).recovered_LX)'] if heads else []),
        ],
    )


PATCH = Trial("patch", "Patch", DOES, fields, start, shown, python)
