"""The weights of the head drawn, in Python."""

from __future__ import annotations

from playground.lenses.lens import Code
from playground.lenses.lines import edit_imports, first_stack, looked_through
from playground.visitors.session import Session


def weights(session: Session) -> list[str]:
    """The weights of the head drawn."""
    lines, batch, edits = looked_through(session)
    which, (layer, head) = session.drawn or (first_stack(session), session.head or (0, 0))
    return [
        *lines,
        f"output = forward(run.model, {batch}{edits}, record=True)",
        f"# layer {layer}, head {head}, first example",
        f'weights_TS = maps(output)["{which}"][{layer}][0, {head}]',
    ]


def imports(session: Session) -> list[str]:
    return [
        "from playground.runs.probe import maps",
        "from playground.tasks.forward import forward",
        *edit_imports(session),
    ]


CODE = Code(imports, weights)
