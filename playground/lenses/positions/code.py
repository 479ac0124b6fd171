"""Weight and score by distance, in Python."""

from __future__ import annotations

from playground.lenses.lens import Code
from playground.lenses.lines import edit_imports, first_stack, looked_through
from playground.visitors.session import Session


def by_distance(session: Session) -> list[str]:
    """Mean weight and mean score of the selected head by distance."""
    lines, batch, edits = looked_through(session)
    which, (layer, head) = session.drawn or (first_stack(session), session.head or (0, 0))
    which, (layer, head) = (first_stack(session), (0, 0)) if which == "cross" else (which, (layer, head))
    lines += [
        f"output = forward(run.model, {batch}{edits}, record=True)",
        f'seen_BTS = allowed(run.model, {batch}, "{which}")',
        f"# layer {layer}, head {head}",
        f'weight_R = moments(maps(output)["{which}"][{layer}], seen_BTS).mean[{head}]',
        "back_R = distances(*seen_BTS.shape[1:])  # tokens back; negative: ahead",
    ]
    config = session.run.config if session.run else session.config
    if config.model.attention.unscored:
        return lines
    return [
        *lines,
        f"found = moments(content(output.{which}[{layer}].scored), seen_BTS)  # scaled q . k, without a bias",
        f"score_R, explained = found.mean[{head}], found.explained[{head}]  # R^2 of distance",
    ]


def imports(session: Session) -> list[str]:
    return [
        "from playground.runs.probe import maps",
        "from playground.tasks.forward import forward",
        *edit_imports(session),
        "from playground.measures.distance import content, distances, moments",
        "from playground.lenses.positions.looked import allowed",
    ]


CODE = Code(imports, by_distance)
