"""What an input vector is made of: the vectors added for one token of the probe, and what the first norm does."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import torch
from torch import Tensor

from models import Transformer
from playground.lenses.embeddings.choices import VectorChoices
from playground.lenses.embeddings.path import place, texts
from playground.runs.inputs import Inputs, inputs
from playground.runs.vectors import stacks
from playground.tasks.base import Batch
from playground.visitors.session import Session

LABELS = {"token": "Token", "segment": "Segment", "position": "Position"}
BEHIND = {
    "embedding": "before the first block: every block reads this",
    "attention": "inside the first block: its attention reads this, the residual stream keeps the sum",
    "feed_forward": "inside the first block: its feed-forward network reads this, the residual stream keeps the sum",
}


class Looked(NamedTuple):
    """A model and what it reads, of the run or, before there is one, of the controls."""

    model: Transformer
    batch: Batch
    vocabulary: tuple[str, ...]
    step: int | None
    """None: there is no run."""


def value(session: Session) -> dict[str, Any]:
    """One token's way into a stack, as strips of D cells ("JSON" is a JSON string).

    Value:

        step, running  of the run; null: no run, the model of the controls
        stacks, stack  JSON [[id, label]]; the one shown
        tokens, place  JSON [T] of the probe; the one chosen
        parts        JSON [strip] of token, segment and position vectors, in the order they are added;
                     a strip is {label, of, x: [D], norm, mean, variance}
        sum          JSON strip
        normed       JSON strip with {does, where}, or null
        norms        JSON {name: [T]} norm of each part at every token
        boundary     first token of the second segment, T: none; null: a model without segments
        enters       where positions come in, if they are not added; or ""
        finding      JSON {title, html}

    Event: see {place} or {stack} or {boundary} or {}, the last when it comes into sight and while the run goes on.
    """
    looked = _looked(session)
    there = stacks(looked.model)
    stack = session.of(VectorChoices).stack if session.of(VectorChoices).stack in there else next(iter(there))
    words = texts(looked.vocabulary, looked.batch, 0, stack)
    kinds = looked.model.config.embedding.segments
    asked = session.of(VectorChoices).boundary
    boundary = len(words) if asked is None else min(asked, len(words))
    found = inputs(looked.model, stack, _ids(looked.batch, stack), _segments(len(words), boundary, kinds))
    at, running = place(session, len(words)), session.running
    rows = [_strip(LABELS[p.name], _of(p.name, at, words, boundary), p.vectors_TD[at]) for p in found.parts]
    return {
        "step": looked.step,
        "running": running,
        "stacks": json.dumps([[name, name.capitalize()] for name in there]),
        "stack": stack,
        "tokens": json.dumps(words),
        "place": at,
        "parts": json.dumps(rows),
        "sum": json.dumps(_strip("Sum", "what is added up", found.sum_TD[at])),
        "normed": json.dumps(_normed(looked.model, found, at)),
        "norms": json.dumps({p.name: [_short(x) for x in p.vectors_TD.norm(dim=1)] for p in found.parts}),
        "boundary": boundary if kinds > 1 and _reads_segments(looked.model, stack) else None,
        "enters": _enters(looked.model, found),
        "finding": json.dumps(_finding(looked, found, at, words, boundary)),
    }


def ready(session: Session) -> bool:
    """Whether there is a model to look at; else the value builds the one of the controls."""
    return session.run is not None or (session.of(VectorChoices).blank or (None,))[0] == session.config


def _looked(session: Session) -> Looked:
    if session.run is not None:
        posed = session.posed()
        words = session.run.task.vocabulary
        batch = posed.probe.batch._replace(ids_BT=posed.probe.batch.ids_BT[posed.example :])
        if batch.source_BS is not None:
            batch = batch._replace(source_BS=batch.source_BS[posed.example :])
        return Looked(posed.model, batch, words, posed.step)
    kept = session.of(VectorChoices).blank
    if kept is None or kept[0] != session.config:
        config, task = session.config, session.config.task.build()
        model = Transformer(config.model, seed=config.seed)
        looked = Looked(model, task.probe(config.model.topology), task.vocabulary, None)
        kept = session.of(VectorChoices).blank = (config, looked)
    return kept[1]


def _ids(batch: Batch, stack: str) -> Tensor:
    return (batch.source_BS if stack == "encoder" and batch.source_BS is not None else batch.ids_BT)[0]


def _reads_segments(model: Transformer, stack: str) -> bool:
    """Of an encoder-decoder only the source has segments."""
    return stack == "encoder" or model.config.topology != "encoder-decoder"


def _segments(length: int, boundary: int, kinds: int) -> Tensor | None:
    return (torch.arange(length) >= boundary).long() if kinds > 1 else None


def _of(part: str, at: int, words: list[str], boundary: int) -> str:
    if part == "segment":
        return "B" if at >= boundary else "A"
    return words[at] if part == "token" else str(at)


def _strip(label: str, of: str, vector_D: Tensor) -> dict[str, Any]:
    return {
        "label": label,
        "of": of,
        "x": [_short(x) for x in vector_D],
        "norm": _short(vector_D.norm()),
        "mean": _short(vector_D.mean()),
        "variance": _short(vector_D.var(correction=0)),
    }


def _normed(model: Transformer, found: Inputs, at: int) -> dict[str, Any] | None:
    if found.normed is None:
        return None
    row, kind = _strip(f"After {found.normed.kind}", "", found.normed.vectors_TD[at]), found.normed.kind
    x_D, eps = found.sum_TD[at], model.config.norm.eps
    if kind == "LayerNorm":
        by = float((x_D.var(correction=0) + eps).sqrt())
        does = f"subtracts the mean, {_said(x_D.mean())}, and divides by the standard deviation, {_said(by)}"
    else:
        does = f"divides by the root mean square, {_said((x_D.square().mean() + eps).sqrt())}; the mean stays in"
    learned = "then each channel is multiplied by its gain" + (" and gets its bias" if kind == "LayerNorm" else "")
    return {**row, "does": f"{kind} {does}; {learned}.", "where": BEHIND[found.normed.where]}


def _enters(model: Transformer, found: Inputs) -> str:
    """Where positions come in, if not here."""
    if any(part.name == "position" for part in found.parts):
        return ""
    return f"{model.config.position.enters}."


def _finding(looked: Looked, found: Inputs, at: int, words: list[str], boundary: int) -> dict[str, str]:
    norms = {part.name: float(part.vectors_TD[at].norm()) for part in found.parts}
    who = f"“{words[at]}” at position {at}"
    if len(norms) == 1:
        title = f"The token alone goes in: nothing is added to {who}"
    else:
        most = max(norms, key=lambda name: norms[name])
        others = [name for name in norms if name != most]
        next_most = max(others, key=lambda name: norms[name])
        ratio = norms[most] / max(norms[next_most], 1e-12)
        title = (
            f"In {who} the {most} weighs most: {ratio:.1f} times as long as the {next_most}"
            if ratio >= 1.15
            else f"In {who} {most} and {next_most} weigh about the same"
        )
    norms_said = ", ".join(f"{name} {_said(norm)}" for name, norm in norms.items())
    angle = ""
    if "position" in norms:
        a, b = (next(p.vectors_TD[at] for p in found.parts if p.name == name) for name in ("token", "position"))
        angle = f" Token and position stand at a cosine of {_said(torch.cosine_similarity(a, b, dim=0))}."
    segment = ""
    if at >= boundary and "segment" in norms:
        segment = " Training shows this model the first segment alone: the second one’s vector is as it was drawn."
    if looked.step is None:
        train = '<a data-do="page:playground">Train it on the Playground</a> and they move.'
        return {
            "title": title,
            "html": f"Norms in the model of the controls, untrained: {norms_said}.{angle}{segment} {train}",
        }
    return {"title": title, "html": f"Norms at step {looked.step:,}: {norms_said}.{angle}{segment}"}


def _said(x: Tensor | float) -> str:
    return f"{float(x):.2g}".replace("-", "−")


def _short(x: Tensor) -> float:
    return float(f"{float(x):.5g}")
