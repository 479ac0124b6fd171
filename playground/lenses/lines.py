"""Lines of Python that several lenses share: how the probe in use is made, and what is ablated."""

from __future__ import annotations

from playground.visitors.session import Session


def looked_through(session: Session) -> tuple[list[str], str, str]:
    """(lines, batch, edits): what makes the probe in use, its name, and the argument without what is ablated."""
    edits = f", edits={list(session.ablation.edits)!r}" if session.ablation else ""
    if session.probe_name != "0" and session.probe_seen is not None:
        return ["", f"batch = run.task.probe(run.topology, {session.probe_seen!r})"], "batch", edits
    return [""], "run.probe.batch", edits


def first_stack(session: Session) -> str:
    """The name of the first stack of the model."""
    topology = (session.run.config if session.run else session.config).model.topology
    return "encoder" if topology == "encoder-only" else "decoder"


def edit_imports(session: Session) -> list[str]:
    """What has to be imported for the edits."""
    return ["from models import Ablate, Force"] if session.ablation else []
