"""Another token in the probe: the predictions before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from playground.figures import effects
from playground.figures.heat import heat
from playground.findings import interventions as findings
from playground.interventions.swapping import Swap, swap
from playground.lenses.intervene.corrupting import other_token
from playground.lenses.intervene.trial import (
    AUTO,
    Field,
    Python,
    Shown,
    Subject,
    Trial,
    batch_lines,
    named,
    pick,
    places,
    table,
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
        pick("token", "to", vocabulary(subject.words, auto=True), chosen, kind="select"),
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
    before, after = ([words[int(i)] for i in top] for top in (found.top_before_T, found.top_after_T))
    tokens = [words[i] for i in found.ids]
    wanted = [words[t] if t >= 0 else "" for t in found.targets]
    if found.side == "ids":
        tokens[found.position] = f"{words[found.old]} | {words[found.new]}"
    hover = [
        [_cell(t, when, top[t], wanted[t], probs_T[t], found.kl_T[t]) for t in range(len(tokens))]
        for when, top, probs_T in (("before", before, found.wanted_before_T), ("after", after, found.wanted_after_T))
    ]
    figure = heat(
        np.stack([found.wanted_before_T, found.wanted_after_T]),
        x=tokens,
        y=["before", "after"],
        x_title="token read",
        y_title="swap",
        z_title="probability of the token to predict",
        hover=hover,
        text=[before, after],
        around=False,
    )
    note = (
        f"likeliest token, coloured by the probability of the one to predict{f': {subject.note}' * bool(subject.note)}"
    )
    maps = ({"title": "Predictions before and after", "note": note, "heat": figure, "pick": ""},)
    bars = effects.swap(found.kl_T, tokens=tokens, before=before, after=after)
    told = table(
        named(found.frame(), words, "token", "top_before", "top_after").assign(target=wanted),
        "swapped-token",
        "Predictions before and after",
        {"wanted_before": 3, "wanted_after": 3, "kl": 3},
    )
    side = " of the source" if found.side == "source" else ""
    said = (
        f"Position {found.position}{side}: {words[found.old]} → {words[found.new]}. The tokens to predict are those of "
        "the probe before the swap. One example, so there is no standard error."
    )
    drawn = {"title": "How far each prediction moves", "fig": bars, "said": "Divergence of predictions, in nats"}
    return Shown(findings.swap(found, words), told, maps, drawn, said)


def _cell(t: int, when: str, top: str, wanted: str, p: float, kl: float) -> str:
    scored = f"; {wanted}, to be predicted, has {p:.3f}" if wanted else "; nothing is scored here"
    return f"position {t}, {when}: {top} is likeliest{scored}; moved by {kl:.3f} nats"


def python(subject: Subject, found: Swap, settings: dict[str, Any]) -> Python:
    lines, name = batch_lines(subject)
    made = f"found = swap(run.model, {name}, {found.position}, {found.new})  # {subject.words[found.new]!r}"
    return Python(["from playground.interventions.swapping import swap"], ["", *lines, made, "print(found.frame())"])


SWAP = Trial("swap", "Swap a token", DOES, fields, start, shown, python)
