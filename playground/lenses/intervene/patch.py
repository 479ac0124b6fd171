"""Activation patching: which activations of the clean prompt bring its answer back on the corrupted one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from playground.figures import interventions as figures
from playground.findings import interventions as findings
from playground.interventions.patching import Patching, patching
from playground.lenses.intervene.corrupting import Corruption, Wish, corruption
from playground.lenses.intervene.trial import (
    AUTO,
    Field,
    Python,
    Shown,
    Subject,
    Trial,
    batch_lines,
    pick,
    places,
    table,
    vocabulary,
)

DOES = (
    "Runs the model on a clean prompt and on a corrupted one, in which one token differs, and puts one activation of "
    "the clean run after another into the corrupted one: how much of the clean answer comes back "
    '(<a href="https://arxiv.org/abs/2202.05262">Meng et al. 2022</a>).'
)
PARTS = (
    ("layer", "Stream after layer"),
    ("self_attention", "Self-attention"),
    ("cross_attention", "Cross-attention"),
    ("feed_forward", "Feed-forward"),
)


class Patched(NamedTuple):
    prompts: Corruption
    positions: Patching
    heads: Patching | None


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    depths, words = subject.run.config.model.depths(), subject.words
    both = len(depths) > 1
    stacks = [("encoder", "Encoder"), ("decoder", "Decoder")] if both else [(s, s.capitalize()) for s in depths]
    stack = pick("stack", "Stack", stacks, chosen)
    heads = subject.run.config.model.attention.query_heads()
    feeds = subject.run.config.model.feed_forwards()[stack.value]
    there = {
        "layer": True,
        "self_attention": bool(heads),
        "cross_attention": bool(heads) and both and stack.value == "decoder",
        "feed_forward": all(feed.kind != "none" for feed in feeds),
    }
    automatic, tokens = [(AUTO, "automatic")], vocabulary(words, auto=True)
    read = places(subject.tokens("source"))
    answers = places(subject.tokens())
    return [
        *([stack] if both else []),
        pick("part", "Patch", [each for each in PARTS if there[each[0]]], chosen),
        pick("position", "Corrupt position", [*automatic, *read], chosen, kind="select"),
        pick("token", "to", tokens, chosen, kind="select"),
        pick("at", "Read the answer at", [*automatic, *answers], chosen, kind="select"),
        pick("right", "Clean answer", tokens, chosen, kind="select"),
        pick("wrong", "Corrupted answer", tokens, chosen, kind="select"),
    ]


def start(
    subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]
) -> Iterator[tuple[float, Patched | None]]:
    model, route = subject.run.model, subject.run.precision.route
    wish = Wish(**{name: None if settings[name] == AUTO else settings[name] for name in Wish._fields})
    found = corruption(model, subject.batch, subject.words, wish)
    prompts = (model, found.clean, found.corrupted, found.answer)
    part, stack = settings["part"], settings.get("stack")
    heads = bool(model.config.attention.query_heads())
    end = 0.5 if heads else 1.0
    positions = yield from _within(0.0, end, patching(*prompts, part, by="position", stack=stack, route=route))
    yield end, Patched(found, positions, None)
    if heads and not cancelled():
        of = "cross_attention" if part == "cross_attention" else "self_attention"
        by_head = yield from _within(end, 1.0, patching(*prompts, of, by="head", stack=stack, route=route))
        yield 1.0, Patched(found, positions, by_head)


def _within(
    low: float, high: float, steps: Generator[float, None, Patching]
) -> Generator[tuple[float, None], None, Patching]:
    """Part of an experiment, which takes it from one share done to another."""
    while True:
        try:
            share = next(steps)
        except StopIteration as done:
            return done.value
        yield low + (high - low) * min(share, 0.99), None


def shown(subject: Subject, found: Patched, settings: dict[str, Any]) -> Shown:
    words, by = subject.words, found.positions
    clean, corrupted = ([words[i] for i in ids] for ids in (by.clean_ids, by.corrupted_ids))
    name = dict(PARTS)[by.part].lower()
    note = "recovered share of the logit difference: 0 does nothing, 1 brings all back"
    figure = figures.patching(by.recovered_LX, clean=clean, corrupted=corrupted)
    maps = [{"title": f"By position: {name}", "note": note, "heat": figure, "pick": ""}]
    if found.heads is not None:
        attention = "cross" if found.heads.part == "cross_attention" else by.stack
        figure = figures.patching(found.heads.recovered_LX)
        opens = "at all positions at once; a press opens the head in the Attention lens"
        maps.append({"title": "By head", "note": opens, "heat": figure, "pick": attention})
    prompts, (at, right, wrong) = found.prompts, by.answer
    side = " of the source" if prompts.clean.source_BS is not None else ""
    swapped = f"{words[prompts.old]} in the clean prompt and {words[prompts.new]} in the corrupted one"
    said = (
        f"One pair of prompts, so there is no standard error. Position {prompts.position}{side} is {swapped}; the "
        f"answer is read at position {at}: {words[right]} against {words[wrong]}."
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
        "from playground.interventions.patching import by_head, by_position",
        "from playground.interventions.prompts import Answer",
        "from playground.lenses.intervene.trial import first",
    ]
    field = "ids_BT" if found.prompts.clean.source_BS is None else "source_BS"
    stack = f', stack="{found.positions.stack}"'
    return Python(
        imports,
        [
            "",
            *lines,
            f"clean, other = first({name}), first({name}).{field}.clone()",
            f"other[0, {found.prompts.position}] = {found.prompts.new}",
            f"prompts = (run.model, clean, clean._replace({field}=other), Answer{tuple(found.positions.answer)})",
            f'print(by_position(*prompts, "{found.positions.part}"{stack}).recovered_LX)',
            *([f'print(by_head(*prompts, "{found.heads.part}"{stack}).recovered_LX)'] if found.heads else []),
        ],
    )


PATCH = Trial("patch", "Patch", DOES, fields, start, shown, python)
