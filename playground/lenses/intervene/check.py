"""The causal check of induction: do the heads that look like induction heads do the work?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playground.figures import effects
from playground.findings.induction_check import RULE, finding
from playground.interventions.induction import InductionCheck, Without, checking
from playground.lenses.intervene.trial import Field, Python, Shown, Subject, Trial, table
from playground.runs.run import Run

DOES = (
    "Switches off the head with the highest induction score, every other head of its layer, all induction heads "
    "together, and all heads of neither role: what is right then on the repeated part "
    '(<a href="https://arxiv.org/abs/2209.11895">Olsson et al. 2022</a>, argument 3).'
)
MEANS = {"zero": lambda row: row.zero, "mean": lambda row: row.mean}


def refused(run: Run) -> bool:
    return run.config.task.kind != "induction" or run.topology != "decoder-only"


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    return []


def start(
    subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]
) -> Iterator[tuple[float, InductionCheck | None]]:
    steps = checking(subject.run)
    while True:
        try:
            share = next(steps)
        except StopIteration as done:
            yield 1.0, done.value
            return
        yield min(share, 0.99), None


def shown(subject: Subject, found: InductionCheck, settings: dict[str, Any]) -> Shown:
    names = [_name(row) for row in found.rows]
    left = {how: [found.accuracy + of(row).accuracy for row in found.rows] for how, of in MEANS.items()}
    errors = {how: [of(row).accuracy_error for row in found.rows] for how, of in MEANS.items()}
    bars = effects.induction(names, left, errors, whole=found.accuracy, chance=found.chance) if found.rows else None
    title = "Accuracy without these heads"
    said = "; ".join(f"without {n} {a:.2f} or {b:.2f}" for n, a, b in zip(names, *left.values(), strict=True))
    told = table(found.frame(), "induction-check", title, dict.fromkeys(found.frame().columns[2:], 3))
    note = f"On {found.examples} held-out examples, with standard errors of the paired difference over them. {RULE}"
    drawn = (
        {"title": title, "fig": bars, "said": f"Accuracy, replaced by zero or by the mean: {said}"} if bars else None
    )
    return Shown(finding(found), told, bars=drawn, note=note)


def _name(row: Without) -> str:
    if row.group in ("head", "control"):
        return row.heads[0]
    return f"{len(row.heads)} {row.group}"


def python(subject: Subject, found: InductionCheck, settings: dict[str, Any]) -> Python:
    imports = ["from playground.interventions.induction import induction_check"]
    return Python(imports, ["", "found = induction_check(run)  # zero and mean ablation", "print(found.frame())"])


CHECK = Trial("check", "Induction check", DOES, fields, start, shown, python, probes=False, refused=refused)
