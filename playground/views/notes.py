"""Under each lens: what to try next, as links that set controls, and the Python lines that give the same numbers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from playground import presets
from playground.controls import flat, plain
from playground.session import Session

LOOK = {
    "attention": "from playground.look import maps, forward\n\noutput = forward(run.model, run.probe.batch, "
    'record=True)\nweights_TS = maps(output)["{which}"][{layer}][0, {head}]      # layer {layer}, head {head}, '
    "first probe example",
    "learning": "for metrics in run.train(steps={steps}):\n    print(metrics.step, metrics.loss, "
    "metrics.accuracy)\nprint(run.evaluate())                    # on unseen examples",
    "predictions": "from playground.look import forward\n\nlogits_BTV = forward(run.model, "
    "run.probe.batch).logits_BTV\nprobs, tokens = logits_BTV.softmax(-1).topk(5)    # the five likeliest at "
    "each position",
}


def value(session: Session, lens: str) -> dict[str, Any]:
    """See `components.notes`."""
    preset = presets.PRESETS[session.preset]
    tries = "; ".join(f'<a data-do="{_action(changes)}">{text}</a>: {what}' for text, changes, what in preset.tries)
    source = f' Source: <a href="{preset.source[1]}">{preset.source[0]}</a>.' if preset.source else ""
    html = f"{preset.shows} {'Set ' + tries + '.' if tries else ''}{source}"
    return {"try": json.dumps(html), "python": python(session, lens)}


def _action(changes: dict[str, Any]) -> str:
    return "set:" + quote(json.dumps(changes))


def python(session: Session, lens: str) -> str:
    """Lines that build the same run and give the lens's numbers; they run as they are."""
    config = (
        session.run.config if session.run else session.config
    )  # what is on the screen, not what waits for a restart
    if lens == "attention" and not config.model.attention.query_heads():
        return ""
    shown = plain(config) | ({"training": session.run.training.model_dump()} if session.run else {})
    before, after = flat(presets.raw(session.preset)), flat(shown)
    different = {p: v for p, v in after.items() if before.get(p) != v}
    step = session.run.step if session.run else 300
    lines = ["from playground.presets import changed", "from playground.run import Run", ""]
    lines += [f"run = Run(changed({session.preset!r}, {_literal(different)}))"]
    if lens != "learning":
        lines += [f"for metrics in run.train(steps={max(step, 1)}): pass"]
    which = session.which or ("decoder" if config.model.topology != "encoder-only" else "encoder")
    layer, head = session.head or (config.model.depths()[which.replace("cross", "decoder")] - 1, 0)
    return "\n".join([*lines, LOOK[lens].format(which=which, layer=layer, head=head, steps=max(step, 1))])


def _literal(changes: dict[str, Any]) -> str:
    """A Python literal of the changes, one a line; a long text is cut, and says so."""
    if not changes:
        return "{}"
    cut = {p: v if not isinstance(v, str) or len(v) < 60 else v[:50] + " (cut here)" for p, v in changes.items()}
    return "{\n" + "".join(f"    {p!r}: {v!r},\n" for p, v in cut.items()) + "}"
