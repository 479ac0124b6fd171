"""What stands beside the lenses of the Checkpoints page: the checkpoint, and the text that is read."""

from __future__ import annotations

import json
from typing import Any

from playground.laboratories.checkpoints.tabs import in_sight
from playground.lenses.lens import Update
from playground.visitors.desk import Desk
from playground.visitors.reading import Reader
from playground.visitors.session import Session
from playground.wording import metric

PLACES = (
    ("HuggingFaceTB/SmolLM2-135M", "135 M · 270 MB", "LLaMA: 30 × 9 heads. Repeat a phrase and look for induction."),
    (
        "openai-community/gpt2",
        "124 M · 548 MB",
        "GPT-2: 12 × 12 heads, learned positions. Many rest on the first token.",
    ),
    ("EleutherAI/pythia-70m", "70 M · 166 MB", "GPT-NeoX: 6 × 8 heads beside parallel feed-forwards."),
    ("google-bert/bert-base-uncased", "110 M · 440 MB", "BERT: fills ▢ from both sides; heads that follow syntax."),
    ("sentence-transformers/all-MiniLM-L6-v2", "23 M · 91 MB", "MiniLM: 6 × 12 heads, made for vectors of sentences."),
    ("google/flan-t5-small", "77 M · 308 MB", "T5: an encoder, a decoder, and cross-attention between them."),
)
"""[name, size, what to look at] of good small ones."""
STAGES = {
    "asking": "Looking at what is there.",
    "waiting": "Waiting for a process of its own.",
    "fetching": "Fetching its files.",
    "loading": "Loading its weights.",
    "looking": "First look.",
}


def value(session: Session) -> Update:
    return {"checkpoint": chooser(session), "reading": text(session)}


def drawn(session: Session, charts: bool) -> Update:
    """While it is brought, and at its end all that is in sight."""
    busy = any(name in session.jobs for name in ("checkpoint", "checkpoint asked", "checkpoint text"))
    return value(session) if busy else whole(session)


def whole(session: Session) -> Update:
    return value(session) | in_sight(session)


def chooser(session: Session) -> dict[str, Any]:
    """The checkpoint asked for, and the one that is open ("JSON" is a JSON string).

    Value:

        name, revision  asked for
        stage, words, done  see `Desk`; the stage in words; share done of it, null where it is not known
        said          why it cannot be had, or ""
        found         JSON null | {name, facts: [[name, value]], notices: [sentence], problems: [sentence]}
        open          JSON null | {name, facts, notices}

    Events: see {name, revision}; begin; cancel; close.
    """
    desk = session.desk
    rate = "" if desk.stage != "fetching" or not desk.rate else f" {_bytes(desk.rate)}/s"
    return {
        "name": desk.name,
        "revision": desk.revision,
        "stage": desk.stage,
        "words": STAGES.get(desk.stage, "") + rate,
        "done": desk.done if desk.stage == "fetching" else None,
        "said": desk.said,
        "found": json.dumps(_found(desk)),
        "open": json.dumps(_open(desk.reader)),
    }


def _found(desk: Desk) -> dict[str, Any] | None:
    there = desk.listing
    if there is None or (desk.stage == "open" and desk.reader is not None and desk.reader.listing is there):
        return None
    facts = [["Family", there.kind or "unknown"], ["Files", f"{_bytes(there.size)}, {there.format or 'none read'}"]]
    facts += [["Parameters", " ".join(metric(there.parameters))]] if there.parameters else []
    facts += [["Memory", f"{_bytes(there.memory)} while it loads"]] if there.memory else []
    return {"name": there.name, "facts": facts, "notices": there.notices, "problems": there.problems}


def _open(reader: Reader | None) -> dict[str, Any] | None:
    if reader is None:
        return None
    held, config, listing = reader.held, reader.start().config.model, reader.listing
    shape = " + ".join(f"{layers} {stack}" for stack, layers in config.depths().items())
    facts = [
        ["Family", held.loaded.family],
        ["Layers", f"{shape}, {config.attention.query_heads()} heads each"],
        ["Width", f"{config.width:,}"],
        ["Vocabulary", f"{config.vocab:,} tokens"],
        ["In memory", _bytes(reader.bytes())],
    ]
    facts += [["Commit", listing.commit[:12]]] if listing.commit else []
    notices = [*listing.notices, held.tokenizer.notice]
    ignored = len(held.loaded.ignored)
    notices += (
        [f"{ignored} tensors of the files are not used: {next(iter(held.loaded.ignored.values()))}."] if ignored else []
    )
    return {"name": listing.name, "facts": facts, "notices": [each for each in dict.fromkeys(notices) if each]}


def text(session: Session) -> dict[str, Any]:
    """The text that all lenses read.

    Value:

        text, ask     what is read; what to type
        tokens        JSON [[piece, id]]
        busy, error   whether it is being read; why the one typed cannot be
        closed        whether nothing is open that could read
        notice        what a lens has to say

    Event: read {text}.
    """
    desk, reader = session.desk, session.desk.reader
    if reader is None:
        return {"text": "", "ask": "", "tokens": "[]", "busy": False, "error": "", "closed": True, "notice": ""}
    words, batch = reader.start().task.vocabulary, reader.seen_through()[0].batch
    ids = (batch.ids_BT if batch.source_BS is None else batch.source_BS)[0].tolist()
    return {
        "text": desk.text or reader.probe_text,
        "ask": reader.start().task.ask,
        "tokens": json.dumps([[words[i], i] for i in ids]),
        "busy": "checkpoint text" in session.jobs,
        "error": desk.wrong,
        "closed": False,
        "notice": reader.notice,
    }


def _bytes(size: float) -> str:
    return " ".join(metric(size, "B"))
