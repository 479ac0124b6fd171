"""The attention lens: weights as bytes, what every head does, the finding, and the curves of the head roles."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import numpy as np

from playground.findings.finding import Finding
from playground.lenses.attention import frames
from playground.lenses.attention.finding import RANK, named_heads
from playground.lenses.attention.finding import finding as finding_of
from playground.lenses.heads import ABSENT, STACKS
from playground.runs.history import Snapshot
from playground.runs.run import Run
from playground.tasks.base import Batch
from playground.visitors.session import Session
from playground.wording import at_step


def value(session: Session, snapshot: Snapshot | None = None) -> dict[str, Any]:
    """Attention weights of one stack (decoder, encoder or cross-attention) on one probe.

    Value (L layers, H query heads, T queries, S keys; "JSON" is a JSON string, which Gradio's diff sends in one piece):

        n, step       number of the frame; training step it shows
        which         id of the stack shown; "cross" when queries and keys are different sequences
        stacks        JSON [[id, label, why it cannot be shown or ""]]
        layers, heads L, H; with L = 0 only the finding is shown
        queries, keys JSON [token] of length T and S
        w             base64 of uint8, L*H*T*S row-major: round(sqrt(weight) * 254), 255 = masked
        big           base64 of little-endian uint16, T*S, of the selected head: round(weight * 65534), 65535 = masked;
                      "" = none, the map is then drawn from w
        signed        where the scale of weights ends that may be negative, left out for others: then w has
                      127 + round(sign(weight) * sqrt(|weight| / signed) * 127), and
                      big 32767 + round(weight / signed * 32767)
        layer, head   the selected head
        info          JSON [{role: str, score: 0..1 | null, bits: entropy | null, back: mean distance in tokens}],
                      of length L*H
        predicted     JSON [[token, probability] | null] of length T, or []
        probes, probe JSON [[id, label]]; id of the one shown ("own" = the visitor's text)
        text          the probe as a visitor would type it, offered for editing; the joined queries when left out
        ask           what to type as a probe of one's own, shown in the empty input; optional
        error         sentence about the visitor's probe, shown beside it; optional
        ablation      JSON {title, text (html), layer, head} or "": result of running without that head
        finding       JSON {title, html}: html may hold <a data-do="..."> with "head:0,3", "row:22", "lens:positions" or
                      any other action; tags other than simple text markup are removed
        empty         JSON {title, html} instead of all the rest: why there is nothing to show; optional
        every         steps between frames, for the heading; optional

    Events (see acts.py): look {which}; probe {id} or {text}; select {layer, head}; ablate {layer, head};
    restore {}; do {action} for links of the finding that the browser does not follow itself ("head:", "row:" and
    "lens:" it does).

    A `plot(slot="attention")` is shown under the mosaic.
    """
    run, snapshot = session.start(), snapshot or session.look()
    which = (
        session.which
        if session.which in snapshot.maps
        else next((name for name, _ in STACKS if name in snapshot.maps), "")
    )
    session.sent += 1
    common = {
        "n": session.sent,
        "step": snapshot.step,
        "which": which,
        "stacks": json.dumps([[name, label, "" if name in snapshot.maps else ABSENT[name]] for name, label in STACKS]),
        "probes": json.dumps(session.probes()),
        "probe": session.probe_name,
        "error": session.probe_error,
        "every": run.training.record_every,
    }
    if not which:
        finding = Finding(
            "This model has no attention",
            "Its blocks are feed-forward networks: no token sees another. Choose an attention variant on the left.",
        )
        return {
            **common,
            "layers": 0,
            "heads": 0,
            "queries": "[]",
            "keys": "[]",
            "w": "",
            "big": "",
            "layer": 0,
            "head": 0,
            "info": "[]",
            "predicted": "[]",
            "ablation": "",
            "finding": _finding(finding),
        }
    maps, heads = snapshot.maps[which], snapshot.heads[which]
    batch, example = session.seen_through()[0].batch, session.seen_through()[1]
    layers, count = maps.shape[:2]
    telling = named_heads(heads)
    wanted = session.head or (telling[0][:2] if telling else (layers - 1, 0))
    layer, head = min(wanted[0], layers - 1), min(wanted[1], count - 1)
    session.drawn = (which, (layer, head))
    seen, top = frames.visible(run, which, maps), None if heads.distributions else frames.end(maps)
    queries, keys = tokens(run, batch, example, which)
    info = [
        {
            "role": heads.role(i, j)[0],
            "score": round(heads.role(i, j)[1], 3) if heads.role(i, j)[0] in RANK else None,
            "bits": round(float(heads.bits[i, j]), 2) if heads.distributions else None,
            "back": round(float(heads.distance[i, j]), 1),
        }
        for i in range(layers)
        for j in range(count)
    ]
    own_history = run.history if session.probe_name == "0" and session.ablation is None else None
    return {
        **common,
        "layers": layers,
        "heads": count,
        "queries": json.dumps(queries),
        "keys": json.dumps(keys),
        **_weights(maps, seen, (layer, head), top),
        "layer": layer,
        "head": head,
        "info": json.dumps(info),
        "predicted": json.dumps(predicted(run, snapshot, which, example)),
        "ablation": _ablation(session),
        "finding": _finding(
            _without(session, finding_of(snapshot, which, own_history, run.config.model.attention.rows))
        ),
        "ask": run.task.ask,
    }


def _weights(maps: np.ndarray, seen: np.ndarray, large: tuple[int, int], top: float | None) -> dict[str, Any]:
    """All heads as bytes and one in more of them; `top`: where the scale of weights ends that may be negative."""
    if top is None:
        return {"w": frames.packed(maps, seen), "big": frames.precise(maps[large], seen)}
    return {
        "w": frames.packed_signed(maps, seen, top),
        "big": frames.precise_signed(maps[large], seen, top),
        "signed": top,
    }


def tokens(run: Run, batch: Batch, example: int, which: str) -> tuple[list[str], list[str]]:
    """Texts of the query and key axes."""
    words = run.task.vocabulary
    own = [words[i] for i in batch.ids_BT[example].tolist()]
    if batch.source_BS is None:
        return own, own
    source = [words[i] for i in batch.source_BS[example].tolist()]
    return {"decoder": (own, own), "encoder": (source, source), "cross": (own, source)}[which]


def predicted(run: Run, snapshot: Snapshot, which: str, example: int) -> list[Any]:
    """[token, probability] that the model gives each query; [] for the encoder of an encoder-decoder, which predicts
    nothing.
    """
    if which == "encoder" and run.topology == "encoder-decoder":
        return []
    words = run.task.vocabulary
    return [
        [words[int(i)], round(float(p), 3)]
        for i, p in zip(snapshot.top[example, :, 0], snapshot.top_probs[example, :, 0], strict=True)
    ]


def _without(session: Session, finding: Finding) -> Finding:
    """Of an edited model the result comes first, then what is seen in it."""
    done = session.ablation
    if done is None:
        return finding
    stays = " It still looks, so its map stays; what it reads is dropped." if session.removed() else ""
    return Finding(
        done.told, f"Loss {done.difference}{at_step(done.step, ', ')}.{stays} In the maps: {escape(finding.title)}."
    )


def _finding(finding: Finding) -> str:
    return json.dumps({"title": finding.title, "html": finding.html})


def _ablation(session: Session) -> str:
    done, removed = session.ablation, session.removed()
    if done is None or removed is None:
        return ""
    return json.dumps(
        {
            "title": done.told,
            "text": f"{done.difference}{at_step(done.step, ', ')}. The maps are drawn without it.",
            "layer": removed[0],
            "head": removed[1],
        }
    )
