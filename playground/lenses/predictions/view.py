"""The predictions lens: held-out examples token by token, and the visitor's own prompt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from playground.lenses.predictions.finding import finding as finding_of
from playground.runs.history import Snapshot
from playground.tasks.base import IGNORE, MASK
from playground.visitors.session import Session

SHOWN = 8


def value(session: Session, snapshot: Snapshot | None = None) -> dict[str, Any]:
    """Examples as rows of tokens, right and wrong answers marked, and a continuation of a prompt.

    Value:

        n, step   number of the frame; training step it shows
        finding   JSON {title, html}
        examples  JSON [{exact: bool, cells: [{t: token, role: "prompt" | "answer" | "target", right: bool, want: token,
                  top: [[token, probability]] the five likeliest}]}]; right and want only where something is scored
        ask       what to type as a prompt, shown in the empty box ("letters a to z, such as copy:"); optional
        fills     the sign of a blank where the model fills the blanks of a prompt (encoder-only); "" where it goes on
        prompt    JSON {text, continuation: [{t, p: probability, top}], error: sentence or ""}, or "" for no prompt

    Events (see acts.py): prompt {text, temperature, top_k (0 = off), top_p, length}; do {action} for links of
    the finding.
    """
    run, snapshot = session.start(), snapshot or session.look()
    batch, words = session.seen_through()[0].batch, run.task.vocabulary
    rows, rights, exacts, mistakes = [], [], [], []
    for b in range(batch.ids_BT.shape[0]):
        cells = (
            [] if batch.source_BS is None else [{"t": words[i], "role": "prompt"} for i in batch.source_BS[b].tolist()]
        )
        whole = True
        for t, (given, target) in enumerate(zip(batch.ids_BT[b].tolist(), batch.targets_BT[b].tolist(), strict=True)):
            top = _likeliest(words, snapshot, b, t)
            if run.topology == "decoder-only" or target == IGNORE:
                cells.append({"t": words[given], "role": "prompt"})
            if target != IGNORE:
                right = int(snapshot.top[b, t, 0]) == target
                rights.append(right)
                whole = whole and right
                if not right:
                    mistakes.append((words[target], top[0][0]))
                cells.append({"t": top[0][0], "role": "answer", "right": right, "want": words[target], "top": top})
        if run.topology == "decoder-only" and batch.targets_BT[b, -1] == IGNORE:  # what follows a text is not known
            top = _likeliest(words, snapshot, b, -1)
            cells.append({"t": top[0][0], "role": "answer", "top": top})
        exacts.append(whole)
        rows.append({"exact": whole, "cells": _merged(cells) if run.topology == "decoder-only" else cells})
    finding = finding_of(rights, exacts, mistakes)
    session.sent += 1
    return {
        "n": session.sent,
        "step": snapshot.step,
        "finding": json.dumps({"title": finding.title, "html": finding.html}),
        "examples": json.dumps(rows[:SHOWN]),
        "prompt": json.dumps(session.prompt),
        "ask": run.task.ask,
        "fills": MASK if run.topology == "encoder-only" else "",
    }


def _likeliest(words: Sequence[str], snapshot: Snapshot, example: int, place: int) -> list[list[Any]]:
    """[token, probability] of the five likeliest."""
    pairs = zip(snapshot.top[example, place], snapshot.top_probs[example, place], strict=True)
    return [[words[int(i)], round(float(p), 4)] for i, p in pairs]


def _merged(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A decoder reads each answer token as the next input: where an answer stands, the prompt cell that repeats it is
    dropped.
    """
    kept: list[dict[str, Any]] = []
    for cell in cells:
        if kept and kept[-1]["role"] == "answer" and cell["role"] == "prompt":
            continue
        kept.append(cell)
    return kept
