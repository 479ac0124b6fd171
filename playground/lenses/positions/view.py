"""What the trained heads do with distance: the value of the component on either page."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from playground.findings.finding import Finding
from playground.lenses.heads import ABSENT, STACKS
from playground.lenses.positions import scores
from playground.lenses.positions.finding import caption, finding
from playground.lenses.positions.looked import Looked, looked
from playground.lenses.positions.numbers import measures
from playground.lenses.positions.scores import packed
from playground.measures import distance as measure
from playground.measures.head_roles import absolute, distributions
from playground.visitors.session import Posed, Session
from playground.wording import at_step

THERE = {
    "decoder-only": ("decoder",),
    "encoder-only": ("encoder",),
    "encoder-decoder": ("decoder", "encoder", "cross"),
}
NO_RUN = Finding(
    "What do the heads do with distance?",
    'This is measured on a model of your own, while it learns. <a data-do="set:%7B%7D">Train it now</a>.',
)
NO_ATTENTION = Finding(
    "This model has no attention",
    "Its blocks are feed-forward networks: no token sees another, near or far. Choose an attention variant on the "
    "left.",
)
ACROSS = Finding(
    "Across two texts there is no distance",
    "Position 5 of the answer and position 3 of the source are no number of tokens apart, and no position scheme acts "
    "on their scores. Which source token each query looks at is the "
    '<a data-do="lens:attention">map of its weights</a>.',
)


def nothing(told: Finding = NO_RUN, n: int = 0) -> dict[str, Any]:
    """What stands here before there is a run."""
    return {"n": n, "empty": json.dumps(told._asdict())}


def value(session: Session, posed: Posed | None = None) -> dict[str, Any]:
    """Mean attention weight and mean score of one stack's heads by distance, and what the scores are made of.

    `posed`: taken earlier; else taken now.

    Value (L layers, H heads, R distances, P rotated pairs; "JSON" is a JSON string; "floats" base64 of little-endian
    float32, NaN where no query sees that distance):

        n, step       number of the frame; training step it shows
        empty         JSON {title, html} instead of all the rest, or ""
        which, stacks as of the attention lens; with layers = 0 (cross-attention) only finding and tools are shown
        probes, probe, text, ask, error  likewise
        layers, heads, layer, head  L, H; the selected head
        first         the first distance in tokens back; negative: ahead
        examples      how many of the probe's the means are over
        weights, even floats L*H*R and R: mean weights, and those of even attention
        signed        where the scale of weights ends that may be negative; 0: they are not
        info          JSON [[what the head does, R^2 of distance for its scores | null]] of length L*H
        terms         JSON [name]: the score, then what it is the sum of, if of more than one
        scores, spread  floats terms*R: means of the selected head; R: standard deviation of its score
        pairs         JSON {rows: [[name, tokens per turn | null, mean |contribution|]], top, untouched}, or ""
        cells         base64 of little-endian int16 P*R: contribution / top * 32767, -32768: masked
        measures      JSON [[name, value, unit, small print, definition]]
        why, note     html: why there are no scores, or ""; how the position scheme enters them
        finding       JSON {title, html}; links data-do="at:layer,head" select a head here
        ablation      JSON {title, text} or ""

    Events (see acts.py): look {which}; probe {id} or {text}; select {layer, head}; ablate {layer, head};
    restore {}; do {action}.

    Property `opens`: whether a button leads to the lens on the Playground.
    """
    run = session.run
    if run is None:
        return nothing()
    posed = posed or session.posed()
    session.sent += 1
    which, n = session.which_stack(), session.sent
    if not run.config.model.attention.query_heads():
        return nothing(NO_ATTENTION, n)
    kept = posed.kept is not None and session.own is None and session.probe_name == "0"
    seen = looked(posed, which, kept=kept) if which != "cross" else None
    step = posed.kept.step if kept and posed.kept is not None else posed.step
    common = {
        "n": n,
        "step": step,
        "newest": posed.step,
        "which": which,
        "stacks": json.dumps([[s, name, "" if s in THERE[run.topology] else ABSENT[s]] for s, name in STACKS]),
        "probes": json.dumps(session.probes()),
        "probe": session.probe_name,
        "error": session.probe_error,
        "ask": run.task.ask,
        "text": session.probe_text,
        "ablation": _ablation(session),
    }
    if seen is None:
        return {**common, "empty": "", "layers": 0, "finding": json.dumps(ACROSS._asdict())}
    return {**common, **_measured(session, posed, seen, which, step, kept=kept)}


def _measured(session: Session, posed: Posed, seen: Looked, which: str, step: int, *, kept: bool) -> dict[str, Any]:
    at, count, everyone = measured_at(seen)
    weights_LHR = np.stack([measure.moments(w, seen.seen_BTS).mean for w in seen.weights])[..., everyone]
    even_R = measure.moments(measure.even(seen.seen_BTS)[:, None], seen.seen_BTS).mean[0][everyone]
    layers, heads = weights_LHR.shape[:2]
    shares = [w if distributions(w) else absolute(w) for w in seen.weights]  # distances are told of shares
    shares_LHR = np.stack([measure.moments(w, seen.seen_BTS).mean for w in shares])[..., everyone]
    reaches = [[measure.reach(at, row, even_R, count) for row in layer] for layer in shares_LHR]
    sums = scores.explained(seen)
    told, *first = finding(reaches, step, sums)
    layer, head = (min(wanted, end - 1) for wanted, end in zip(session.head or first, (layers, heads), strict=True))
    session.drawn = (which, (layer, head))
    if session.ablation is not None:
        title = told.title if told.title.startswith("L") else told.title[0].lower() + told.title[1:]
        told = told._replace(title=f"{session.ablation.label}: {title}")
    why = "" if seen.scored else scores.why(session, kept=kept)
    return {
        "empty": "",
        "layers": layers,
        "heads": heads,
        "layer": layer,
        "head": head,
        "first": int(at[0]),
        "examples": len(seen.weights[0]),
        "weights": packed(weights_LHR),
        "even": packed(even_R),
        "signed": scores.signed(weights_LHR),
        "info": json.dumps(
            [
                [caption(found), round(sums[i][j], 3) if sums and sums[i][j] == sums[i][j] else None]
                for i, row in enumerate(reaches)
                for j, found in enumerate(row)
            ]
        ),
        "measures": json.dumps(measures(reaches[layer][head], sums[layer][head] if sums else float("nan"), why)),
        "finding": json.dumps(told._asdict()),
        "why": why,
        "note": scores.note(posed.model.config),
        **scores.of_head(posed.model, seen, layer, head, everyone),
    }


def measured_at(seen: Looked) -> tuple[np.ndarray, np.ndarray, slice]:
    """Distances that some query sees, allowed pairs of each per example, and where they lie among all."""
    queries, keys = seen.weights[0].shape[-2:]
    at, count = measure.distances(queries, keys), measure.counts(seen.seen_BTS)
    there = np.flatnonzero(count)
    everyone = slice(int(there[0]), int(there[-1]) + 1)
    return at[everyone], count[everyone], everyone


def _ablation(session: Session) -> str:
    """What doing without a head changed."""
    done, removed = session.ablation, session.removed()
    if done is None or removed is None:
        return ""
    text = f"{done.difference}{at_step(done.step, ', ')}."
    return json.dumps({"title": done.told, "text": text, "layer": removed[0], "head": removed[1]})
