"""The likeliest tokens, in Python."""

from __future__ import annotations

from playground.lenses.lens import Code
from playground.lenses.lines import edit_imports, looked_through
from playground.visitors.session import Session


def predictions(session: Session) -> list[str]:
    """The likeliest tokens."""
    lines, batch, edits = looked_through(session)
    return [
        *lines,
        f"output = forward(run.model, {batch}{edits})",
        "probs, tokens = output.logits_BTV.softmax(-1).topk(5)  # the five likeliest everywhere",
    ]


def imports(session: Session) -> list[str]:
    return ["from playground.tasks.forward import forward", *edit_imports(session)]


CODE = Code(imports, predictions)
