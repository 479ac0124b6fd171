"""The residual stream of the probe's tokens through the layers: a path on a map, lengths and cosines."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground.lenses.embeddings.axes import held, places, shares
from playground.lenses.embeddings.choices import VectorChoices
from playground.measures.residual import PARTS, added, states, trajectory
from playground.runs.vectors import records
from playground.tasks.base import Batch
from playground.visitors.session import Posed, Session


class Stream(NamedTuple):
    """One stack's states of one example, from a kept picture or from the model as it is now."""

    states_NTD: Tensor
    added: dict[str, Tensor]
    """Part -> (L, T)."""
    stacks: list[str]
    name: str
    step: int
    fixed: bool
    """Whether it is the fixed probe's, although another one is in use."""


@torch.no_grad()
def stream(session: Session, posed: Posed) -> Stream | None:
    """What the chosen stack does with the example; None where the step looked back to kept none."""
    fixed = posed.kept is not None and session.probe_name != "0"
    if posed.kept is not None:
        seen = posed.kept.vectors
        if seen is None or not seen.states:
            return None
        name = chosen(session, list(seen.states))
        lengths = {part: torch.from_numpy(a) for part, a in seen.added.get(name, {}).items()}
        return Stream(
            torch.from_numpy(seen.states[name]).float(), lengths, list(seen.states), name, posed.kept.step, fixed
        )
    alone = posed.model.config.feed_forward.kind != "MoE"  # experts have seats for a batch: there all of it is read
    batch, example = (only(posed.probe.batch, posed.example), 0) if alone else (posed.probe.batch, posed.example)
    found = records(posed.recorded(batch))
    name = chosen(session, list(found))
    lengths = {part: t.cpu() for part, t in added(found[name], example).items()}
    return Stream(states(found[name], example).float().cpu(), lengths, list(found), name, posed.step, fixed)


def only(batch: Batch, example: int) -> Batch:
    """One example of a batch."""
    return batch._replace(**{n: t[example : example + 1] for n, t in batch._asdict().items() if t is not None})


def chosen(session: Session, there: list[str]) -> str:
    """The stack asked for, else the last: the one that predicts."""
    return session.of(VectorChoices).stack if session.of(VectorChoices).stack in there else there[-1]


def texts(words: tuple[str, ...], batch: Batch, example: int, stack: str) -> list[str]:
    """The tokens that a stack reads."""
    ids_BT = batch.source_BS if stack == "encoder" and batch.source_BS is not None else batch.ids_BT
    return [words[i] for i in ids_BT[example].tolist()]


def place(session: Session, length: int) -> int:
    """The token chosen, else one two thirds down."""
    asked = session.of(VectorChoices).place
    return min(round(0.7 * (length - 1)) if asked is None else asked, length - 1)


def value(session: Session, posed: Posed, *, check: bool) -> dict[str, Any] | None:
    """See `value` of view.py."""
    seen, run = stream(session, posed), session.start()
    if seen is None or not bool(seen.states_NTD.isfinite().all()):
        return None
    probe = run.probe if posed.kept is not None else posed.probe
    words = texts(run.task.vocabulary, probe.batch, posed.example, seen.name)
    at, count = place(session, len(words)), len(seen.states_NTD)
    axes = held(
        session.of(VectorChoices).bases,
        f"{seen.name} stream",
        seen.states_NTD.flatten(0, 1),
        seen.step,
        check=check and posed.kept is None and seen.step >= 0,
    )
    share_P = shares(axes.basis, seen.states_NTD.flatten(0, 1))
    way, lengths = trajectory(seen.states_NTD), seen.added
    rows = [
        {
            "name": "input" if n == 0 else f"after L{n - 1}",
            "norm": _short(way.norm_NT[n, at]),
            **{part: _short(lengths[part][n - 1, at]) if n and part in lengths else None for part in PARTS},
            "next": _short(way.next_LT[n, at]) if n < count - 1 else None,
            "final": _short(way.final_NT[n, at]),
        }
        for n in range(count)
    ]
    return {
        "stacks": [[name, name.capitalize()] for name in seen.stacks],
        "stack": seen.name,
        "tokens": words,
        "place": at,
        "xy": [places(axes.basis, state_TD) for state_TD in seen.states_NTD],
        "share": [_short(s) for s in share_P],
        "fitted": axes.step,
        "step": seen.step,
        "parts": [part for part in PARTS if part in lengths],
        "rows": rows,
        "post": posed.model.config.norm.place == "post",
        "note": _note(session, seen),
    }


def _note(session: Session, seen: Stream) -> str:
    if seen.fixed:
        return "Looking back shows the fixed probe: of your own only the newest step is known."
    return f"{session.ablation.label}." if session.ablation is not None else ""


def _short(number: Tensor) -> float:
    return float(f"{float(number):.4g}")
