"""The Embeddings lens: the vectors of the tokens moving while the model trains, and one token's way through it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import torch
from torch import Tensor

from playground.findings.finding import Finding
from playground.lenses.embeddings import path, projector, table
from playground.lenses.embeddings.axes import places, planned
from playground.lenses.embeddings.choices import VectorChoices
from playground.lenses.embeddings.finding import Table, finding, moved, numbers
from playground.measures.embedding import neighbours
from playground.runs.vectors import tables
from playground.visitors.session import Posed, Session

LABELS = {
    "token": "Tokens",
    "position": "Positions",
    "encoder position": "Encoder positions",
    "decoder position": "Decoder positions",
    "output": "Output",
}
TRAIN = "set:" + quote("{}")
NOTHING = (
    "No vectors yet: train a model, and its tokens move",
    f'The stored replay keeps attention alone. <a data-do="{TRAIN}">Train this model now</a>: each token becomes a '
    "point on a map, with its nearest neighbours and its way through the layers.",
)
MOST = 1024  # vectors that are drawn
AROUND = 12  # of a larger vocabulary, the nearest to each token of the text
TIED = "The output matrix is this one, too: what is near is also predicted alike."
UNTIED = "The output has a matrix of its own."


def nothing(n: int = 0, told: tuple[str, str] = NOTHING) -> dict[str, Any]:
    """What stands here before there is a run."""
    return {"n": n, "empty": json.dumps(dict(zip(("title", "html"), told, strict=True)))}


def value(session: Session, posed: Posed, *, charts: bool = True) -> dict[str, Any]:
    """A table of V vectors as a map, and the residual stream of one example as paths ("JSON" is a JSON string).

    `charts` False leaves the rows of the table and the way so far as they were.

    Value:

        n, step      number of the frame; the step of the vectors
        empty        JSON {title, html} instead of all the rest, or ""
        tables, table  JSON [[id, label]] of the tables there are; the one shown
        planes, axes, fitted  JSON [[id, label]] of the axes there are; those in use; the step they were fitted at
        share        JSON [x, y]: share of the variance along each axis
        width        dimensions
        words        JSON [V]
        xy           JSON V x [x, y]
        order        JSON rows to be joined by a line
        chosen       the row whose neighbours are told
        near         JSON [[row, cosine]], nearest first
        norm         JSON {norm, mean, moved | null, since | null} of the chosen row; mean: of all
        note         about the output matrix
        rows         JSON V x [norm, nearest, cosine, moved], at some frames only
        trail        JSON [[step, x, y]] of the chosen row, at some frames only
        path         JSON null | {stacks, stack, tokens: [T], place, xy: states x T x [x, y], share, fitted, step,
                     parts, rows: per state {name, norm, attention, cross, feed_forward, next, final}, post, note}
        probes, probe  JSON [[id, label]]; the one in use
        finding      JSON {title, html}
        files        JSON {n, name, vectors, metadata} after "save", or ""

    Events (see acts.py): see {table} or {axes} or {stack} or {place} or {chosen}; probe {id}; save; do {action}
    of the finding's links.
    """
    run, chosen, model = session.start(), session.of(VectorChoices), posed.model.config
    session.sent += 1
    there = {name: t.detach().float().cpu() for name, t in _tables(posed).items()}
    if not there or not all(bool(t.isfinite().all()) for t in there.values()):
        why = "its table is too large to keep" if not there else "its numbers are no longer finite"
        return nothing(session.sent, ("No vectors of this step", f"Nothing is drawn: {why}."))
    name = chosen.table if chosen.table in there else "token"
    all_VD, first = there[name], table.first(run.history.snapshots, name)
    rows_N = _drawn(chosen, name, all_VD, posed)
    now_VD, words = all_VD[rows_N], _words(run.task.vocabulary, name, rows_N.tolist())
    step, live = (posed.step, True) if posed.kept is None else (posed.kept.step, False)
    change = moved(now_VD, first[1], first[0]) if first is not None and first[1].shape == now_VD.shape else None
    digits = [] if "position" in name else numbers(words)
    plan = planned(chosen, name, now_VD, digits, step, check=charts and live and step >= 0)
    way = path.value(session, posed, check=charts)
    row = _row(session, name, way, words)
    kind, formula = ("positions", model.position.kind == "sinusoidal") if "position" in name else ("tokens", False)
    said = finding(Table(kind, now_VD, first[1] if first and change else None, change, words, step, formula))
    out = {
        "n": session.sent,
        "empty": "",
        "step": step,
        "tables": json.dumps([[each, LABELS[each]] for each in there]),
        "table": name,
        "planes": json.dumps(plan.names),
        "axes": plan.name,
        "fitted": plan.axes.step,
        "width": now_VD.shape[1],
        "words": json.dumps(words),
        "order": json.dumps(plan.order),
        "xy": json.dumps(places(plan.axes.basis, now_VD)),
        "share": json.dumps(plan.share),
        "chosen": row,
        "near": json.dumps(table.near(now_VD, row)),
        "norm": json.dumps(table.lengths(now_VD, row, change)),
        "note": _note(model.head.tied, name, len(now_VD), len(all_VD)),
        "path": json.dumps(way),
        "probes": json.dumps(session.probes(own=True)),
        "probe": session.probe_name,
        "finding": json.dumps(_without(session, said)._asdict()),
        "files": projector.asked(session, name, words, now_VD, step),
    }
    if charts:
        out["rows"] = json.dumps(table.rows(now_VD, change))
        out["trail"] = json.dumps(table.trail(run.history.snapshots, name, row, plan.axes.basis, step))
    return out


def _tables(posed: Posed) -> dict[str, Tensor]:
    if posed.kept is None:
        return tables(posed.model)
    kept = posed.kept.vectors
    return {name: torch.from_numpy(a) for name, a in kept.tables.items()} if kept is not None else {}


def _drawn(chosen: VectorChoices, name: str, all_VD: Tensor, posed: Posed) -> Tensor:
    """(N,) which rows are drawn: of a large vocabulary the tokens that are read, and the nearest of each among all."""
    if len(all_VD) <= MOST or "position" in name:
        return torch.arange(min(MOST, len(all_VD)))
    batch, example = posed.probe.batch, posed.example
    read = [t[example] for t in (batch.source_BS, batch.ids_BT) if t is not None]
    ids_N = torch.cat(read).cpu().unique()
    kept = chosen.rows.get(name)
    if kept is None or not torch.equal(kept[0], ids_N):
        near = neighbours(all_VD, ids_N, max(1, min(AROUND, MOST // len(ids_N)))).ids_NK
        chosen.bases.clear()  # they were fitted to others
        kept = chosen.rows[name] = (ids_N, torch.cat((ids_N, near.flatten())).unique())
    return kept[1]


def _note(tied: bool, name: str, drawn: int, count: int) -> str:
    some = (
        f" Of {count:,} vectors these are those of the text, and the {AROUND} nearest of each." if drawn < count else ""
    )
    return f"{(TIED if tied else UNTIED) if name == 'token' else ''}{some}".strip()


def _words(vocabulary: tuple[str, ...], name: str, rows: list[int]) -> list[str]:
    return [str(i) if "position" in name else vocabulary[i] for i in rows]


def _row(session: Session, name: str, way: dict[str, Any] | None, words: list[str]) -> int:
    """The row chosen, else the token (or its place) whose way is drawn."""
    asked = session.of(VectorChoices).chosen
    if asked is None and way is not None:
        word = way["tokens"][way["place"]]
        asked = way["place"] if "position" in name else words.index(word)
    return min(asked or 0, len(words) - 1)


def _without(session: Session, said: Finding) -> Finding:
    """Embeddings are the same without a head; the way through the layers is not."""
    if session.ablation is None:
        return said
    edit = session.ablation.label
    return said._replace(html=f"{said.html} The way through the layers: {edit[0].lower()}{edit[1:]}.")
