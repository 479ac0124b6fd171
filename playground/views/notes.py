"""Under each lens: what to try next, as links that set a control, and the lines of Python that give the same numbers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from playground import presets
from playground.controls import flat
from playground.session import Session

LOOK = {
    "attention": 'from playground.look import maps, forward\n\noutput = forward(run.model, run.probe.batch, record=True)\nweights_TS = maps(output)["{which}"][{layer}][0, {head}]      # layer {layer}, head {head}, first probe example',
    "learning": "for metrics in run.train(steps={steps}):\n    print(metrics.step, metrics.loss, metrics.accuracy)\nprint(run.evaluate())                    # on unseen examples",
    "predictions": "from playground.look import forward\n\nlogits_BTV = forward(run.model, run.probe.batch).logits_BTV\nprobs, tokens = logits_BTV.softmax(-1).topk(5)    # the five likeliest at each position",
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
    before, after = flat(presets.raw(session.preset)), flat(session.raw)
    changed = {p: v for p, v in after.items() if before.get(p) != v}
    step = session.run.step if session.run else 300
    lines = ["from playground.presets import PRESETS", "from playground.run import Run, RunConfig", ""]
    if changed:
        lines += ["run = Run(RunConfig.model_validate(" + _literal(session.raw) + "))"]
    else:
        lines += [f'run = Run(PRESETS["{session.preset}"].config)']
    if lens != "learning":
        lines += [f"for metrics in run.train(steps={max(step, 1)}): pass"]
    which = session.which or ("decoder" if session.config.model.topology != "encoder-only" else "encoder")
    return "\n".join([*lines, LOOK[lens].format(which=which, layer=session.head[0], head=session.head[1], steps=max(step, 1))])


def _literal(raw: dict[str, Any]) -> str:
    """A Python literal, one line per part of the config; a long text is cut out with a remark."""
    parts = []
    for name, part in raw.items():
        text = repr({**part, "text": part["text"][:40] + "..."} if isinstance(part, dict) and len(part.get("text", "")) > 40 else part)
        parts.append(f"    {name!r}: {text},")
    return "{\n" + "\n".join(parts) + "\n}"
