"""Attention rollout: what a position is made of after each layer, if attention alone carried it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground.figures import interventions as figures
from playground.findings import interventions as findings
from playground.interventions.rollout import frame, rollouts
from playground.lenses.intervene.trial import (
    Field,
    Python,
    Shown,
    Subject,
    Trial,
    batch_lines,
    pick,
    places,
    table,
)
from playground.tasks.forward import forward, to

DOES = (
    "Multiplies the attention maps of the layers, half of each being the residual stream, to say which input tokens a "
    'position is made of (<a href="https://arxiv.org/abs/2005.00928">Abnar and Zuidema 2020</a>).'
)
CAUTION = "Rollout knows nothing of values, feed-forward networks or norms. One example, so there is no standard error."


class Rolled(NamedTuple):
    shares: dict[str, Tensor]
    """Stack -> (L, 1, T, T)."""
    ids: dict[str, list[int]]


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    stacks = [(s, s.capitalize()) for s in subject.run.config.model.depths()]
    stack = pick("stack", "Stack", stacks, chosen, stacks[-1][0], at_once=True)
    tokens = subject.tokens(stack.value)
    middle = round(0.7 * (len(tokens) - 1))
    place = pick("position", "Position", places(tokens), chosen, middle, kind="place", at_once=True)
    return [*([stack] if len(stacks) > 1 else []), place]


@torch.no_grad()
def computed(subject: Subject) -> Rolled:
    run, batch = subject.run, subject.batch
    if not run.config.model.attention.query_heads():
        raise ValueError("Attention rollout multiplies the attention maps of the layers, and this model has none.")
    found = rollouts(forward(run.model, to(batch, run.place.device), record=True))
    ids = {
        stack: (batch.source_BS if stack == "encoder" and batch.source_BS is not None else batch.ids_BT)[0].tolist()
        for stack in found
    }
    return Rolled({stack: rolled[:, :1].cpu() for stack, rolled in found.items()}, ids)


def start(subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[tuple[float, Rolled]]:
    yield 1.0, computed(subject)


def shown(subject: Subject, found: Rolled, settings: dict[str, Any]) -> Shown:
    stack = settings.get("stack", next(iter(found.shares)))
    rolled, ids, words = found.shares[stack], found.ids[stack], subject.words
    position = min(settings["position"], len(ids) - 1)
    figure = figures.rollout(rolled[:, 0, position].numpy(), tokens=[words[i] for i in ids], position=position)
    note = f"shares of the input tokens after each layer{f': {subject.note}' if subject.note else ''}"
    title = f"What position {position}, {words[ids[position]]}, is made of"
    whole = {"title": title, "note": note, "heat": figure, "pick": ""}
    rows = frame(rolled)
    rows = rows[rows.position == position].assign(input=[words[ids[t]] for t in rows[rows.position == position].token])
    told = table(rows, f"rollout-of-{position}", title, {"share": 3})
    return Shown(findings.rollout(rolled, words, ids, position=position), told, (whole,), note=CAUTION)


def python(subject: Subject, found: Rolled, settings: dict[str, Any]) -> Python:
    lines, name = batch_lines(subject)
    stack = settings.get("stack", next(iter(found.shares)))
    imports = ["from playground.interventions.rollout import rollouts", "from playground.tasks.forward import forward"]
    return Python(
        imports,
        [
            "",
            *lines,
            f'shares_LBTT = rollouts(forward(run.model, {name}, record=True))["{stack}"]',
            f"print(shares_LBTT[:, 0, {settings['position']}])  # what this position is made of after each layer",
        ],
    )


ROLLOUT = Trial("rollout", "Rollout", DOES, fields, start, shown, python)
