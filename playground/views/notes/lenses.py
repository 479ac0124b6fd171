"""The Python lines of each lens: what they import, and how they get its numbers from `run`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from playground.visitors.session import Session


class Lines(NamedTuple):
    """Of one lens."""

    imports: Callable[[Session], list[str]]
    numbers: Callable[[Session], list[str]]


def on_probe(session: Session) -> bool:
    """Whether the Experts lens shows a probe: it is asked to, or no update has been made."""
    run = session.run
    return run is not None and (run.routed is None or (session.experts.on == "probe" and session.shown is None))


def evaluated() -> list[str]:
    """The numbers of every step."""
    return [
        "",
        "print(run.history.frame())  # one row per step: loss, accuracy, gradient norm, learning rate",
        "print(run.evaluate())       # on unseen examples",
    ]


def routed(session: Session) -> list[str]:
    """Which experts the tokens went to."""
    if on_probe(session):
        lines, batch, edits = _looked_through(session)
        return [
            *lines,
            f"seen = route(run.model, {batch}, run.step{edits})  # as when evaluated",
            "print(frame(seen.names, seen.layers))  # of the probe: asked for, taken, dropped, f, P",
            "print(seen.layers[-1].experts_NK)      # token by token; also weights, seats, kept, probs",
        ]
    return [
        "",
        "print(frame(run.routed.names, run.routed.layers))  # of the last update: asked for, taken, dropped, f, P",
        "print(run.routed.layers[-1].experts_NK)            # token by token; also weights, seats, kept, probs",
    ]


def _looked_through(session: Session) -> tuple[list[str], str, str]:
    """(lines, batch, edits) of the probe in use, without what is ablated."""
    edits = f", edits={list(session.ablation.edits)!r}" if session.ablation else ""
    if session.probe_name != "0" and session.probe_seen is not None:
        return ["", f"batch = run.task.probe(run.topology, {session.probe_seen!r})"], "batch", edits
    return [""], "run.probe.batch", edits


def weights(session: Session) -> list[str]:
    """The weights of the head drawn."""
    lines, batch, edits = _looked_through(session)
    which, (layer, head) = session.drawn or (_first_stack(session), session.head or (0, 0))
    return [
        *lines,
        f"output = forward(run.model, {batch}{edits}, record=True)",
        f"# layer {layer}, head {head}, first example",
        f'weights_TS = maps(output)["{which}"][{layer}][0, {head}]',
    ]


def predictions(session: Session) -> list[str]:
    """The likeliest tokens."""
    lines, batch, edits = _looked_through(session)
    return [
        *lines,
        f"output = forward(run.model, {batch}{edits})",
        "probs, tokens = output.logits_BTV.softmax(-1).topk(5)  # the five likeliest everywhere",
    ]


def by_distance(session: Session) -> list[str]:
    """Mean weight and mean score of the selected head by distance."""
    lines, batch, edits = _looked_through(session)
    which, (layer, head) = session.drawn or (_first_stack(session), session.head or (0, 0))
    which, (layer, head) = (_first_stack(session), (0, 0)) if which == "cross" else (which, (layer, head))
    lines += [
        f"output = forward(run.model, {batch}{edits}, record=True)",
        f'seen_BTS = allowed(run.model, {batch}, "{which}")',
        f"# layer {layer}, head {head}",
        f'weight_R = moments(maps(output)["{which}"][{layer}], seen_BTS).mean[{head}]',
        "back_R = distances(*seen_BTS.shape[1:])  # tokens back; negative: ahead",
    ]
    config = session.run.config if session.run else session.config
    if not config.model.attention.scores:
        return lines
    return [
        *lines,
        f"found = moments(content(output.{which}[{layer}].scored), seen_BTS)  # scaled q . k, without a bias",
        f"score_R, explained = found.mean[{head}], found.explained[{head}]  # R^2 of distance",
    ]


def embedded(session: Session) -> list[str]:
    """Neighbours of a token, and the way of one of the probe's through the layers."""
    batch, edits, stack = "run.probe.batch", "", session.vectors.stack or ""
    lines = ["", 'tokens_VD = tables(run.model)["token"].cpu()  # also "position", "output"']
    lines += ["near = neighbours(tokens_VD, torch.arange(len(tokens_VD)), top=8)  # ids and cosines of each token"]
    if session.probe_name != "0" and session.probe_seen is not None and session.shown is None:
        lines, batch = [*lines, f"batch = run.task.probe(run.topology, {session.probe_seen!r})"], "batch"
    if session.ablation:
        edits = f", edits={list(session.ablation.edits)!r}"
    return [
        *lines,
        f"output = forward(run.model, {batch}{edits}, record=True)",
        f"stream_NTD = states(output.{stack or _first_stack(session)}, example=0)  # what each block reads and leaves",
        "print(trajectory(stream_NTD).norm_NT)  # also next_LT and final_NT, cosines",
    ]


def _first_stack(session: Session) -> str:
    topology = (session.run.config if session.run else session.config).model.topology
    return "encoder" if topology == "encoder-only" else "decoder"


def _edits(session: Session) -> list[str]:
    return ["from models import Ablate, Force"] if session.ablation else []


def _of_experts(session: Session) -> list[str]:
    probed = ["from playground.runs.probe import route", *_edits(session)] if on_probe(session) else []
    return [*probed, "from playground.measures.routing import frame"]


def _of_embeddings(session: Session) -> list[str]:
    return [
        *_edits(session),
        "import torch",
        "from playground.tasks.forward import forward",
        "from playground.measures.embedding import neighbours",
        "from playground.measures.residual import states, trajectory",
        "from playground.runs.vectors import tables",
    ]


def _of_positions(session: Session) -> list[str]:
    return [
        "from playground.runs.probe import maps",
        "from playground.tasks.forward import forward",
        *_edits(session),
        "from playground.measures.distance import content, distances, moments",
        "from playground.views.positions.looked import allowed",
    ]


NEWEST = ("learning", "intervene")  # lenses that do not look back
LINES = {
    "learning": Lines(lambda session: [], lambda session: evaluated()),
    "attention": Lines(
        lambda session: [
            "from playground.runs.probe import maps",
            "from playground.tasks.forward import forward",
            *_edits(session),
        ],
        weights,
    ),
    "experts": Lines(_of_experts, routed),
    "positions": Lines(_of_positions, by_distance),
    "embeddings": Lines(_of_embeddings, embedded),
    "predictions": Lines(
        lambda session: ["from playground.tasks.forward import forward", *_edits(session)], predictions
    ),
    "intervene": Lines(
        lambda session: session.intervene.python(session.run)[0],
        lambda session: session.intervene.python(session.run)[1],
    ),
}
