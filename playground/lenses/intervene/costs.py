"""What removing each part costs: heads, experts, layers and the rest, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

import numpy as np
import torch

from playground.figures import interventions as figures
from playground.findings import interventions as findings
from playground.interventions.ablations import Costs, costing
from playground.interventions.parts import kind as kind_of
from playground.interventions.parts import parts
from playground.lenses.intervene.trial import Field, Python, Shown, Subject, Trial, pick, table
from playground.runs.evaluation import VALIDATION_SEED
from playground.runs.run import Run
from playground.tasks.base import Batch
from playground.wording import percent

MANY, MOST = 256, 512  # parts from which on kinds are chosen; parts measured at once
SMALL = 0.1  # nats: below it cells are written with three decimals
UNITS = ("head", "cross head", "expert")
DOES = (
    "Switches off one part after another and measures the loss without it on held-out examples: by zero, or by the "
    'mean of what it does (<a href="https://arxiv.org/abs/2211.00593">Wang et al. 2022</a>).'
)
MEAN = "Experts, layers and position schemes have no mean and are left out."


def fields(subject: Subject, chosen: Mapping[str, Any]) -> list[Field]:
    counts = [(n, str(n)) for n in subject.run.task.counts]
    kinds = {kind_of(each) for each in parts(subject.run.config.model)}
    some = [("all", "All"), *((each, f"{each.capitalize()}s alone") for each in UNITS if each in kinds)]
    many = len(parts(subject.run.config.model)) > MANY
    return [
        *([pick("parts", "Parts", some, chosen, some[-1][0], kind="select")] if many else []),
        pick("how", "Replace by", [("zero", "Zero"), ("mean", "Mean")], chosen),
        pick("examples", "Held-out examples", counts, chosen, counts[-1][0]),
    ]


def held_out(run: Run, count: int) -> Batch:
    """Examples that were never trained on: the run's own, if it looks at so many."""
    if count == len(run.held_out.ids_BT):
        return run.held_out
    generator = torch.Generator().manual_seed(VALIDATION_SEED)
    return run.task.batch(count, generator, run.topology, split="validation")


def held_out_lines(run: Run, count: int) -> tuple[list[str], str]:
    """(lines, name) of them in Python; the lines need torch."""
    if count == len(run.held_out.ids_BT):
        return [], "run.held_out"
    drawn = f"generator = torch.Generator().manual_seed({VALIDATION_SEED})"
    return [drawn, f'held_out = run.task.batch({count}, generator, run.topology, split="validation")'], "held_out"


def start(
    subject: Subject, settings: dict[str, Any], cancelled: Callable[[], bool]
) -> Iterator[tuple[float, Costs | None]]:
    run, how, kinds = subject.run, settings["how"], _kinds(settings)
    planned = parts(run.config.model, kinds, how)
    if len(planned) > MOST:
        raise ValueError(
            f"This model has {len(planned):,} parts, and up to {MOST} are removed one by one here. Take fewer experts, "
            "heads or layers."
        )
    if not planned:
        raise ValueError("No part of this model has a mean to be replaced by. Replace by zero.")
    batch = held_out(run, settings["examples"])
    share = 0.0
    for found in costing(run.model, batch, kinds, how, cancelled=cancelled, route=run.precision.route):
        share = len(found.changes) / len(planned) if found is not None else share
        yield share, found


def _kinds(settings: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Those that are measured; None: all."""
    return None if settings.get("parts", "all") == "all" else (settings["parts"],)


def shown(subject: Subject, found: Costs, settings: dict[str, Any]) -> Shown:
    maps, whole = [], [each for each in found.maps() if each[0] not in UNITS]
    for kind, stack, loss_LX, error_LX in found.maps():
        if kind in UNITS:
            figure = figures.costs(loss_LX, error_LX, unit=kind)
            letter = "E" if kind == "expert" else "H"
            _tell(figure, found, kind, stack, lambda i, j, letter=letter: f"L{i} {letter}{j}")
            opened = {"head": stack, "cross head": "cross", "expert": f"{stack} expert"}[kind]
            name = f"{stack} {kind}" if found.both and kind != "cross head" else kind
            maps.append(_map(name.capitalize() + "s", figure, opened))
    for stack, group in groupby(sorted(whole, key=lambda each: each[1], reverse=True), lambda each: each[1]):
        kinds = list(group)
        figure = figures.parts({k: loss for k, _, loss, _ in kinds}, {k: error for k, _, _, error in kinds})
        layers = max((len(loss) for kind, _, loss, _ in kinds if kind != "position"), default=0)
        for column, (kind, *_) in enumerate(kinds):
            rows = [layers] if kind == "position" else range(layers)
            _tell(figure, found, kind, stack, lambda i, j, kind=kind: f"L{i} {kind}", column, rows)
        maps.append(_map(f"{stack} parts".capitalize() if found.both else "Whole parts", figure, ""))
    note = (
        f"On {found.examples} held-out examples; ± is the standard error of the paired difference over them. The whole "
        f"model has a loss of {found.loss:.3f} nats and {percent(found.accuracy)} accuracy."
    )
    digits = {"loss": 4, "loss_error": 4, "accuracy": 4, "accuracy_error": 4}
    told = table(found.frame(), "costs-of-removing", "Change without each part", digits)
    return Shown(findings.costs(found), told, tuple(maps), note=f"{note} {MEAN if found.how == 'mean' else ''}".strip())


def _map(title: str, figure: dict[str, Any], opened: str) -> dict[str, Any]:
    if figure["high"] < SMALL and figure["text"]:  # two decimals would say 0.00 nearly everywhere
        figure["text"] = [["" if v is None else f"{round(v, 3) + 0.0:.3f}" for v in row] for row in figure["values"]]
    opens = "; a press opens the head in the Attention lens" if opened else ""
    if opened.endswith("expert"):
        opens = "; a press opens the expert in the Experts lens, where everything can be sent to it"
    return {"title": title, "note": f"change of loss without it, nats{opens}", "heat": figure, "pick": opened}


def _tell(
    figure: dict[str, Any],
    found: Costs,
    kind: Any,
    stack: str,
    name: Callable[[int, int], str],
    column: int = 0,
    rows: Any = None,
) -> None:
    """Write loss and accuracy with their errors into a figure's cells, from `column` on, at these rows."""
    loss, loss_error, right, right_error = (
        found.map(kind, stack, f) for f in ("loss", "loss_error", "accuracy", "accuracy_error")
    )
    hover = figure["hover"]
    for (i, j), change in np.ndenumerate(loss):
        row = list(rows)[i] if rows is not None and i < len(list(rows)) else i
        where = "all positions" if kind == "position" else name(i, j)
        hover[row][column + j] = (
            f"{where}: not measured yet"
            if np.isnan(change)
            else f"without {where}: loss {change:+.4f} ± {loss_error[i, j]:.4f} nats, accuracy "
            f"{100 * right[i, j]:+.1f} ± {100 * right_error[i, j]:.1f} points, {found.examples} examples"
        )


def python(subject: Subject, found: Costs, settings: dict[str, Any]) -> Python:
    lines, name = held_out_lines(subject.run, settings["examples"])
    imports = ["from playground.interventions.ablations import costs"] + ["import torch"] * bool(lines)
    some = f", {_kinds(settings)!r}" if _kinds(settings) else ""
    lines = ["", *lines, f'*_, found = costs(run.model, {name}{some}, how="{found.how}")  # one part after another']
    return Python(imports, [*lines, "print(found.frame())"])


COSTS = Trial("costs", "What removing it costs", DOES, fields, start, shown, python, probes=False)
