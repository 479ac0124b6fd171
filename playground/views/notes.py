"""Under each lens: what to try next, as links that set controls, and the Python lines that give the same numbers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from playground import presets, verdicts
from playground.controls import flat, plain
from playground.run import Run
from playground.session import Session

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
    if lens == "attention" and not config.model.attention.query_heads():
        return ""
    if lens == "experts" and config.model.feed_forward.kind != "MoE":
        return ""
    before, after = flat(presets.raw(session.preset)), flat(plain(config))
    different = {p: v for p, v in after.items() if before.get(p) != v}
    lines = ["from playground.presets import changed", "from playground.run import Run"]
    lines += ["from playground.look import forward, maps"] if lens == "attention" else []
    lines += ["from playground.look import forward"] if lens == "predictions" else []
    lines += ["from playground.measures.routing import frame"] if lens == "experts" else []
    lines += ["from models import Ablate, Force"] if session.ablation and lens in ("attention", "predictions") else []
    lines += ["", f"run = Run(changed({session.preset!r}, {_literal(different)}))", *_trained(session.run)]
    told = {"learning": _evaluated, "experts": _routed}
    return "\n".join(lines + (told[lens]() if lens in told else _seen(session, lens)))


def _trained(run: Run | None) -> list[str]:
    """Lines that train to the step on the screen, with every live change where it was made."""
    lines, at = [], 0
    for step, name, new in run.history.changes if run else ():
        lines += [f"for _ in run.train({step - at}): pass"] if step > at else []
        lines, at = [*lines, f"run.retune({{{name!r}: {new!r}}})"], step
    end = run.step if run else RECORDED
    return [*lines, f"for _ in run.train({end - at}): pass"] if end > at else lines


def _evaluated() -> list[str]:
    return [
        "",
        "print(run.history.frame())  # one row per step: loss, accuracy, gradient norm, learning rate",
        "print(run.evaluate())       # on unseen examples",
    ]


def _routed() -> list[str]:
    return [
        "",
        "print(frame(run.routed.names, run.routed.layers))  # of the last update: asked for, taken, dropped, f, P",
        "print(run.routed.layers[-1].experts_NK)            # token by token; also weights, seats, kept, probs",
    ]


def _seen(session: Session, lens: str) -> list[str]:
    """Lines that look through the probe in use, without what is ablated."""
    batch, edits = "run.probe.batch", ""
    lines = [""]
    if session.probe_name != "0" and session.probe_seen is not None:
        lines, batch = ["", f"batch = run.task.probe(run.topology, {session.probe_seen!r})"], "batch"
    if session.ablation:
        edits = f", edits={list(session.ablation.edits)!r}"
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
