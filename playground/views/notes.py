"""Under each lens: what to try next, as links that set controls, and the Python lines that give the same numbers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from playground import presets, verdicts
from playground.controls import flat, plain
from playground.run import Run
from playground.session import Session

EMBEDDED = [
    "import torch",
    "from playground.look import forward",
    "from playground.measures.embedding import neighbours",
    "from playground.measures.residual import states, trajectory",
    "from playground.vectors import tables",
]
MEASURED = [
    "from playground.measures.distance import content, distances, moments",
    "from playground.views.positions.looked import allowed",
]
NEWEST = ("learning", "intervene")  # lenses that do not look back
RECORDED = 350  # steps of the stored replay


def value(session: Session, lens: str) -> dict[str, Any]:
    """See `components.notes`."""
    preset = presets.PRESETS[session.preset]
    tries = "".join(
        f'<li><a data-do="{_action(changes)}">{text}</a> {what}.</li>' for text, changes, what in preset.tries
    )
    source = f'<p>Source: <a href="{preset.source[1]}">{preset.source[0]}</a>.</p>' if preset.source else ""
    said = verdicts.told(session.preset)
    measured = f"<p><b>Measured</b></p><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>" if said else ""
    html = f"<p>{preset.shows}</p>{f'<ul>{tries}</ul>' if tries else ''}{measured}{source}"
    return {"try": json.dumps(html), "python": python(session, lens)}


def _action(changes: dict[str, Any]) -> str:
    return "set:" + quote(json.dumps(changes))


def python(session: Session, lens: str) -> str:
    """Lines that build the run on the screen and give the lens's numbers; they run as they are."""
    config = session.run.config if session.run else session.config
    if lens in ("attention", "positions") and not config.model.attention.query_heads():
        return ""
    if lens == "experts" and config.model.feed_forward.kind != "MoE":
        return ""
    before, after = flat(presets.raw(session.preset)), flat(plain(config)) | _pinned(session.run)
    different = {p: v for p, v in after.items() if before.get(p) != v}
    lines = ["from playground.presets import changed", "from playground.run import Run"]
    lines += ["from playground.look import forward, maps"] if lens in ("attention", "positions") else []
    lines += ["from playground.look import forward"] if lens == "predictions" else []
    lines += ["from playground.look import route"] if lens == "experts" and _on_probe(session) else []
    lines += ["from playground.measures.routing import frame"] if lens == "experts" else []
    edited = _on_probe(session) if lens == "experts" else lens not in NEWEST
    lines += ["from models import Ablate, Force"] if session.ablation and edited else []
    imports, intervened, _ = session.intervene.python(session.run)
    lines += imports if lens == "intervene" else []
    lines += EMBEDDED if lens == "embeddings" else MEASURED if lens == "positions" else []
    lines += ["", *_computed(session.run), f"run = Run(changed({session.preset!r}, {_literal(different)}))"]
    lines += _trained(session.run, _end(session, lens), back=session.shown is not None and lens not in NEWEST)
    if lens == "learning":
        return "\n".join([*lines, *_evaluated()])
    if lens == "intervene":
        return "\n".join([*lines, *intervened])
    if lens == "embeddings":
        return "\n".join([*lines, *_embedded(session)])
    if lens == "positions":
        return "\n".join([*lines, *_by_distance(session)])
    return "\n".join(lines + (_routed(session) if lens == "experts" else _seen(session, lens)))


def _pinned(run: Run | None) -> dict[str, Any]:
    """What "auto" came to here: elsewhere a probe of the machine may choose otherwise."""
    if run is None or run.config.training.precision != "auto":
        return {}
    return {"training.precision": run.precision.name}


def _computed(run: Run | None) -> list[str]:
    if run is None:
        return []
    return [f"# here on {run.place.label} ({run.place.detail}); another machine rounds otherwise in the last digits"]


def _end(session: Session, lens: str) -> int:
    """The step that the picture shows: looking back, that of the kept one."""
    run, shown = session.run, session.shown
    if run is None:
        return RECORDED
    if lens == "intervene":  # computed when it was pressed
        done = session.intervene.python(run)[2]
        return run.step if done is None else done
    if shown is None or lens == "learning":  # its curves are of the whole run
        return run.step
    if lens == "experts":
        kept = run.history.routed(shown)
        return kept.step if kept else run.step
    fixed = lens == "embeddings" or (session.own is None and session.probe_name == "0")
    nearest = run.history.nearest(shown) if fixed else None
    return nearest.step if nearest else run.step


def _on_probe(session: Session) -> bool:
    """Whether the Experts lens shows a probe: it is asked to, or no update has been made."""
    run = session.run
    return run is not None and (run.routed is None or (session.experts.on == "probe" and session.shown is None))


def _trained(run: Run | None, end: int, *, back: bool) -> list[str]:
    """Lines that train to a step, with every live change where it was made; looking back, a picture is from before the
    changes at its own step.
    """
    lines, at = [], 0
    for step, name, new in run.history.changes if run else ():
        if step > end or (back and step == end):
            break
        lines += [f"for _ in run.train({step - at}): pass"] if step > at else []
        lines, at = [*lines, f"run.retune({{{name!r}: {new!r}}})"], step
    return [*lines, f"for _ in run.train({end - at}): pass"] if end > at else lines


def _evaluated() -> list[str]:
    return [
        "",
        "print(run.history.frame())  # one row per step: loss, accuracy, gradient norm, learning rate",
        "print(run.evaluate())       # on unseen examples",
    ]


def _routed(session: Session) -> list[str]:
    if _on_probe(session):
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


def _seen(session: Session, lens: str) -> list[str]:
    """Lines that look through the probe in use."""
    lines, batch, edits = _looked_through(session)
    if lens == "predictions":
        lines += [f"output = forward(run.model, {batch}{edits})"]
        return [*lines, "probs, tokens = output.logits_BTV.softmax(-1).topk(5)  # the five likeliest everywhere"]
    which, (layer, head) = session.drawn or (_first_stack(session), session.head or (0, 0))
    return [
        *lines,
        f"output = forward(run.model, {batch}{edits}, record=True)",
        f"# layer {layer}, head {head}, first example",
        f'weights_TS = maps(output)["{which}"][{layer}][0, {head}]',
    ]


def _by_distance(session: Session) -> list[str]:
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


def _embedded(session: Session) -> list[str]:
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


def _literal(changes: dict[str, Any]) -> str:
    """A Python literal of the changes, one a line; a long text is read from a file that the visitor has."""
    if not changes:
        return "{}"
    shown = {p: _own_text if isinstance(v, str) and len(v) > 200 else v for p, v in changes.items()}
    return "{\n" + "".join(f"    {p!r}: {v!r},\n" for p, v in shown.items()) + "}"


class _OwnText:
    def __repr__(self) -> str:
        return 'open("own.txt").read()'


_own_text = _OwnText()
