"""The Experts lens: who is busy, who is full, who takes which token, and what it costs to do without one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from models import Ablate, Force
from playground.lenses.experts import arithmetic, groups, load, tokens
from playground.lenses.experts.choices import ExpertChoices
from playground.lenses.experts.finding import finding
from playground.runs.loads import Routed
from playground.settings import presets
from playground.views.transport import marks
from playground.visitors.session import Session
from playground.wording import at_step

SHOWS = (("load", "Load"), ("devices", "Devices"), ("paths", "Paths"), ("ablate", "Ablate"))
MIXTURE = "set:" + quote(json.dumps({"model.feed_forward.kind": "MoE"}))
NONE = (
    "This model has no experts",
    "No layer of it chooses between feed-forward networks. "
    f'<a data-do="{MIXTURE}">Make it a mixture of experts</a> and train anew, or choose one of the presets under '
    "“Mixtures of experts”.",
)


def value(session: Session, seen: Routed | None, *, charts: bool = True) -> dict[str, Any]:
    """Routing of one layer of a mixture of experts (E experts; "JSON" is a JSON string).

    `charts` False leaves the slower tables as they were.

    Value:

        n, step     number of the frame; the update it shows
        empty       JSON {title, html} instead of all the rest, or ""
        names, layer  JSON [name of each layer with experts]; index of the one shown
        on          "batch" (of the last update) or "probe"
        shows, show JSON [[id, label]] of the pictures there are; the one shown
        experts, expert  E; the expert selected
        load        JSON {demand, load, probs: [E], capacity | null, uniform, tokens, choices}
        heat        JSON {cells: base64 of uint8 E*W row-major, load ÷ uniform, 0 to 2 as 0 to 254; steps: [W]}
        marks       JSON [[step, text]]
        measures    JSON [[name, value, unit, small print, definition]]
        lines       JSON [{label, tokens: [{t, e: experts, g: gates, s: seats, k: kept 0|1, n: choices, d: dropped,
                    p: [[expert, prob]]}]}]; experts and what follows of the heaviest four
        probs       JSON {label, cells: base64 of uint8 E*T, round(sqrt(p) * 254); tokens: T}
        sums        JSON [[name, html]]
        special     JSON {by, labels, rows: [[expert, share..., tokens, mostly]]}
        devices     JSON {sentence, rows: [[device, experts, choices, share]], uniform} or ""
        costs       JSON {values: layers x E, top, names, said} or {} or ""
        finding     JSON {title, html}
        ablation    JSON {title, text} or ""

    Events (see acts.py): see {layer} or {on} or {show} or {expert} or {line}; remove {expert}; force {expert};
    restore {}; price {}; do {action} of the finding's links.

    Plots of the slots "experts-paths" and "experts-told" are shown inside.
    """
    run, mixture = session.start(), seen.mixture if seen is not None else None
    session.sent += 1
    if seen is None or mixture is None:
        return nothing(session.sent)
    layer = chosen_layer(session, seen)
    routing, chosen = seen.layers[layer], session.of(ExpertChoices)
    on_batch = (chosen.on == "batch" or session.shown is not None) and run.routed is not None  # a probe is of now
    per_sequence = mixture.capacity.group == "sequence"
    count = len(seen.batch.ids_BT) if per_sequence else 1
    step = run.step if session.shown is None else min(session.shown, run.step)
    causal = seen.places[layer][0] == "decoder"
    out: dict[str, Any] = {
        "n": session.sent,
        "empty": "",
        "step": seen.step,
        "names": json.dumps(seen.names),
        "layer": layer,
        "on": "batch" if on_batch else "probe",
        "shows": json.dumps(SHOWS),
        "show": chosen.show,
        "experts": len(routing.load_E),
        "expert": min(chosen.expert, len(routing.load_E) - 1),
        "causal": mixture.router.causal,
        "load": json.dumps(load.bars(routing, count)),
        "heat": json.dumps(load.heat(run.history.loads, layer, step)),
        "marks": json.dumps(marks(session)[-4:]),
        "measures": json.dumps(load.measures(routing, mixture, training=on_batch)),
        "lines": json.dumps(tokens.lines(run.task, seen, layer)),
        "sums": json.dumps(arithmetic.lines(routing, mixture, count, training=on_batch, causal=causal)),
        "finding": json.dumps(finding(run.history, seen, layer, step, training=on_batch)._asdict()),
        "ablation": ablation(session),
    }
    if charts:
        out["probs"] = json.dumps(tokens.probabilities(run.task, seen, layer, chosen.line))
        out["special"] = json.dumps(groups.specialisation(run.task, seen, layer))
        out["devices"] = json.dumps(groups.on_devices(seen, layer, mixture)) if chosen.show == "devices" else ""
        out["costs"] = json.dumps(groups.costs(chosen.costs, seen.names)) if chosen.show == "ablate" else ""
    return out


def nothing(n: int = 0) -> dict[str, Any]:
    """What stands here for a model without experts, and before there is a model."""
    return {"n": n, "empty": json.dumps(dict(zip(("title", "html"), NONE, strict=True)))}


def chosen_layer(session: Session, seen: Routed) -> int:
    """Index among the layers with experts: the one chosen, else the preset's, else the last."""
    last, chosen = len(seen.layers) - 1, session.of(ExpertChoices).layer
    wanted = presets.PRESETS[session.preset].layer if chosen is None else chosen
    return last if wanted is None else min(wanted, last)


def routed(session: Session) -> Routed | None:
    """Which experts are looked at."""
    return session.routed(probe=session.of(ExpertChoices).on == "probe")


def ablation(session: Session) -> str:
    """What doing without an expert, or sending everything to it, changed."""
    done = session.ablation
    edit = done.edits[0] if done else None
    if done is None or not isinstance(edit, (Ablate, Force)) or edit.expert is None:
        return ""
    return json.dumps(
        {
            "title": done.told,
            "text": f"{done.difference}{at_step(done.step, ', ')}. Loads of later layers, measured on the probe, "
            "follow from it.",
        }
    )
