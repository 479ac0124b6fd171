"""Neighbours of a token, and one token's way through the layers, in Python."""

from __future__ import annotations

from playground.lenses.embeddings.choices import VectorChoices
from playground.lenses.lens import Code
from playground.lenses.lines import edit_imports, first_stack
from playground.visitors.session import Session


def embedded(session: Session) -> list[str]:
    """Neighbours of a token, and the way of one of the probe's through the layers."""
    batch, edits, stack = "run.probe.batch", "", session.of(VectorChoices).stack or ""
    lines = ["", 'tokens_VD = tables(run.model)["token"].cpu()  # also "position", "output"']
    lines += ["near = neighbours(tokens_VD, torch.arange(len(tokens_VD)), top=8)  # ids and cosines of each token"]
    if session.probe_name != "0" and session.probe_seen is not None and session.shown is None:
        lines, batch = [*lines, f"batch = run.task.probe(run.topology, {session.probe_seen!r})"], "batch"
    if session.ablation:
        edits = f", edits={list(session.ablation.edits)!r}"
    return [
        *lines,
        f"output = forward(run.model, {batch}{edits}, record=True)",
        f"stream_NTD = states(output.{stack or first_stack(session)}, example=0)  # what each block reads and leaves",
        "print(trajectory(stream_NTD).norm_NT)  # also next_LT and final_NT, cosines",
    ]


def imports(session: Session) -> list[str]:
    return [
        *edit_imports(session),
        "import torch",
        "from playground.tasks.forward import forward",
        "from playground.measures.embedding import neighbours",
        "from playground.measures.residual import states, trajectory",
        "from playground.runs.vectors import tables",
    ]


def step(session: Session) -> int:
    """Looking back, the step of the kept picture."""
    run, shown = session.start(), session.shown
    nearest = run.history.nearest(shown) if shown is not None else None
    return nearest.step if nearest else run.step


CODE = Code(imports, embedded, step)
