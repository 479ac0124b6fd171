"""The bar of the word2vec tab: the button, how far the run is, how fast, its losses, and what waits for a restart."""

from __future__ import annotations

import json
import math
from typing import Any

from models.config import extra, walk
from playground.wording import said
from playground.words.lab import WordLab

LONGEST = 40  # of a setting that waits


def state(lab: WordLab) -> str:
    """ready | running | paused | finished | stopped | refused."""
    training = None if lab.stale else lab.training  # what is built anew has read nothing
    if lab.running:
        return "running"
    if lab.refused or training is None:
        return "refused" if lab.refused else "ready"
    if lab.notice:
        return "stopped"
    return "finished" if training.finished else "paused" if training.words else "ready"


def value(lab: WordLab, answers: int = 0) -> dict[str, Any]:
    """On a phone it is fixed at the bottom, with a button that opens the settings.

    Value:
        n: rises with every value sent; answers: the newest press (its n) that this value knows of.
        state: ready | running | paused | finished | stopped | refused.
        words, total: words read, and those of the whole run; epochs: how often the text is read.
        rate: words per second of both methods each, 0 where nothing runs; paced: whether the pace holds them back.
        loss: JSON [skip-gram, CBOW], nats per target, null before the first.
        note: what is wrong, or why it stopped; "" for nothing.
        pending: "window 5 → 2", what waits for a restart; "".

    Events: play, pause, reset, again (restart with the controls); open: the bar has been drawn for the first time, and
    wants to know.
    """
    lab.sent += 1
    training, now = None if lab.stale else lab.training, state(lab)
    loss = training.points[-1].loss if training else (math.nan, math.nan)
    return {
        "n": lab.sent,
        "answers": answers,
        "state": now,
        "words": training.words if training else 0,
        "total": training.total if training else 0,
        "epochs": training.settings.model.epochs if training else 0,
        "rate": round(lab.rate) if now == "running" else 0,
        "paced": now == "running" and training is not None and training.settings.pace is not None,
        "loss": json.dumps([None if math.isnan(each) else round(each, 3) for each in loss]),
        "note": lab.refused or lab.notice or next(iter(lab.edited.problems.values()), ""),
        "pending": waits(lab),
    }


def waits(lab: WordLab) -> str:
    """What the controls say otherwise than the run: "window 5 → 2, dimension 16 → 32"."""
    labels = {path: extra(field).get("label", path) for path, field, _ in walk(lab.edited.config)}
    changes = lab.pending().items()
    return ", ".join(f"{_lower(labels[path])} {_short(old)} → {_short(new)}" for path, (old, new) in changes)


def marks(lab: WordLab) -> dict[str, list[str]]:
    """{path: [tone, sentence]} of the controls that wait for a restart; see `components.form`."""
    return {path: ["pending", f"The run has {_short(old)}."] for path, (old, _) in lab.pending().items()}


def running(lab: WordLab) -> dict[str, Any]:
    """{path: value of the run}."""
    return {path: old for path, (old, _) in lab.pending().items()}


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _short(value: object) -> str:
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{len(value):,} characters"
    return said(value) if value != "" else "empty"
