"""The logit lens: what the model would predict if it stopped after each layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.figures import interventions as figures
from playground.findings import interventions as findings
from playground.interventions.logit_lens import Lens, lens
from playground.lenses.intervene.trial import Field, Python, Shown, Subject, Trial, batch_lines, named, table

DOES = (
    "Reads the residual stream after each layer as if it were the last one: by the final norm and the output head "
    '(<a href="https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens">nostalgebraist '
    "2020</a>)."
)


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    return []


def start(subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]) -> Iterator[tuple[float, Lens]]:
    with subject.run.precision.route():
        found = lens(subject.run.model, subject.batch)
    yield 1.0, found


def shown(subject: Subject, found: Lens, settings: dict[str, Any]) -> Shown:
    words, tokens = subject.words, [subject.words[i] for i in found.ids]
    said = [[words[int(token)] for token in row] for row in found.top_RTK[:, :, 0]]
    figure = figures.lens(found.probs_RTK[:, :, 0], said, rows=found.rows, tokens=tokens)
    figure["hover"] = [[_cell(found, words, tokens, r, t) for t in range(len(tokens))] for r in range(len(found.rows))]
    note = f"likeliest token, coloured by its probability, of one example{f': {subject.note}' if subject.note else ''}"
    whole = {"title": "Prediction after each layer", "note": note, "heat": figure, "pick": ""}
    frame = named(found.frame(), words, "token", "prediction")
    told = table(frame, "logit-lens", "Likeliest tokens", {"probability": 3, "kl": 3, "wanted": 3})
    caution = (
        "Earlier layers need not write for the output head: a low probability there does not say that the answer is "
        "not known yet. One example, so there is no standard error."
    )
    return Shown(findings.lens(found, words), told, (whole,), note=caution)


def _cell(found: Lens, words: tuple[str, ...], tokens: list[str], r: int, t: int) -> str:
    best = zip(found.top_RTK[r, t], found.probs_RTK[r, t], strict=True)
    top = ", ".join(f"{words[int(token)]} {p:.3f}" for token, p in best)
    return f"{found.rows[r]}, position {t}, after {tokens[t]}: {top}; {found.kl_RT[r, t]:.3f} nats from the final one"


def python(subject: Subject, found: Lens, settings: dict[str, Any]) -> Python:
    lines, name = batch_lines(subject)
    imports = ["from playground.interventions.logit_lens import lens"]
    return Python(
        imports, ["", *lines, f"found = lens(run.model, {name})  # of the first example", "print(found.frame())"]
    )


LENS = Trial("lens", "Logit lens", DOES, fields, start, shown, python)
