"""Another token in the probe: the predictions before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.findings import interventions as findings
from playground.interventions.swapping import Swap, swap
from playground.lenses.intervene.corrupting import other_token
from playground.lenses.intervene.predictions import drawn
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
    vocabulary,
)

DOES = (
    "Puts another token into the probe and compares every prediction before and after: the simplest causal question "
    'about an input (<a href="https://arxiv.org/abs/2404.15255">Heimersheim and Nanda 2024</a>).'
)


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    tokens = subject.tokens("source")
    return [
        pick("position", "Position", places(tokens), chosen, len(tokens) // 4, kind="place"),
        pick("token", "to", vocabulary(subject), chosen, kind="select"),
    ]


def start(subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[tuple[float, Swap]]:
    batch, position = subject.batch, settings["position"]
    read_BT = batch.ids_BT if batch.source_BS is None else batch.source_BS
    token = settings["token"]
    if token == AUTO:
        found = other_token(read_BT, subject.words, position)
        token = (int(read_BT[0, position]) + 1) % len(subject.words) if found is None else found
    if token == int(read_BT[0, position]):
        raise ValueError(f"{subject.words[token]} stands at position {position} already. Choose another token.")
    with subject.run.precision.route():
        found = swap(subject.run.model, batch, position, token)
    yield 1.0, found


def shown(subject: Subject, found: Swap, settings: dict[str, Any]) -> Shown:
    words = subject.words
    tokens = [words[i] for i in found.moved.ids]
    if found.side == "ids":
        tokens[found.position] = f"{words[found.old]} | {words[found.new]}"
    seen = drawn(subject, found.moved, tokens, what="swap", name="swapped-token")
    side = " of the source" if found.side == "source" else ""
    said = (
        f"Position {found.position}{side}: {words[found.old]} → {words[found.new]}. The tokens to predict are those of "
        "the probe before the swap. One example, so there is no standard error."
    )
    return Shown(findings.swap(found, words), seen.table, (seen.map,), seen.bars, said)


def python(subject: Subject, found: Swap, settings: dict[str, Any]) -> Python:
    lines, name = batch_lines(subject)
    made = f"found = swap(run.model, {name}, {found.position}, {found.new})  # {subject.words[found.new]!r}"
    return Python(["from playground.interventions.swapping import swap"], ["", *lines, made, "print(found.frame())"])


SWAP = Trial("swap", "Swap a token", DOES, fields, start, shown, python)
