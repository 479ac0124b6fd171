"""Token-to-expert assignment: a few lines of the batch or the probe, token by token."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.records import Routing
from playground.lenses.experts.load import packed
from playground.runs.loads import Routed
from playground.tasks.base import Task

LINES, CELLS = 4, 130  # lines shown, and tokens in all of them
LIKELY = 4  # probabilities told of a token


def picked(task: Task, seen: Routed) -> list[tuple[int, str]]:
    """(example, label) of the lines shown: the last one of each tag, else the first and the last examples. Seats are
    given out in order, so it is the last examples that go without.
    """
    tags_BT, length = seen.batch.tags_BT, seen.batch.ids_BT.shape[1]
    if tags_BT is None:
        examples = len(seen.batch.ids_BT)
        count = max(1, min(LINES, CELLS // length, examples))
        early = (count + 1) // 2
        return [(b, f"example {b}") for b in (*range(early), *range(examples - count + early, examples))]
    last = {tag: b for b, tag in enumerate(tags_BT[:, 0].tolist())}
    return [(last[i], name) for i, name in enumerate(task.tags) if i in last]


def lines(task: Task, seen: Routed, layer: int) -> list[dict[str, Any]]:
    """Per line its label, and per token its text, experts, gates, seats, how many choices it has and how many found
    none, and the likeliest experts.
    """
    routing, ids_BT = seen.layers[layer], seen.ids(layer)
    length = ids_BT.shape[1]
    found = []
    for b, label in picked(task, seen):
        here = slice(b * length, (b + 1) * length)
        texts = [task.vocabulary[i] for i in ids_BT[b].tolist()]
        found.append({"label": label, "tokens": _tokens(routing, here, texts)})
    return found


def _tokens(routing: Routing, here: slice, texts: list[str]) -> list[dict[str, Any]]:
    experts_TK, weights_TK = routing.experts_NK[here], routing.weights_NK[here].float()
    seats_TK, kept_TK = routing.seats_NK[here], routing.kept_NK[here]
    order_TK = weights_TK.masked_fill(seats_TK < 0, -1).argsort(dim=1, descending=True)[:, :LIKELY]
    asked_T = (seats_TK >= 0).sum(dim=1).tolist()
    lost_T = ((seats_TK >= 0) & ~kept_TK).sum(dim=1).tolist()
    top = routing.probs_NE[here].float().topk(min(LIKELY, routing.probs_NE.shape[1]), dim=1)
    columns = [t.gather(1, order_TK).tolist() for t in (experts_TK, weights_TK, seats_TK, kept_TK)]
    found = []
    for i, text in enumerate(texts):
        experts, gates, seats, kept = (column[i] for column in columns)
        asked = [j for j, seat in enumerate(seats) if seat >= 0]
        found.append(
            {
                "t": text,
                "e": [experts[j] for j in asked],
                "g": [round(gates[j], 3) for j in asked],
                "s": [seats[j] for j in asked],
                "k": [int(kept[j]) for j in asked],
                "n": asked_T[i],
                "d": lost_T[i],
                "p": [[e, round(p, 3)] for e, p in zip(top.indices[i].tolist(), top.values[i].tolist(), strict=True)],
            }
        )
    return found


def probabilities(task: Task, seen: Routed, layer: int, line: int) -> dict[str, Any]:
    """The router's probabilities for one line as bytes, round(sqrt(p) * 254), tokens down and experts across."""
    chosen = picked(task, seen)
    b, label = chosen[min(line, len(chosen) - 1)]
    length = len(seen.layers[layer].probs_NE) // len(seen.batch.ids_BT)
    probs_TE = seen.layers[layer].probs_NE[b * length : (b + 1) * length].float().cpu().numpy()
    cells = np.rint(np.sqrt(np.clip(probs_TE, 0, 1)) * 254).astype(np.uint8)
    return {
        "label": label,
        "cells": packed(cells.T),
        "tokens": length,
    }
