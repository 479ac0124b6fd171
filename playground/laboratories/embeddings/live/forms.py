"""The two forms of the word2vec tab: what is read, and how."""

from __future__ import annotations

import json
from typing import Any

from playground.laboratories.embeddings.live import bar
from playground.settings.rows import rows
from playground.views import settings as settings_view
from playground.words.lab import WordLab
from playground.words.settings import WordSettings

OWN, MADE = ("text", "upload"), ("sentences",)


def _rows() -> dict[str, list[dict[str, Any]]]:
    """The rate of the model is skip-gram's; the kind is both."""
    every = {row["name"]: row for row in rows(WordSettings, without=frozenset({"model.kind"}))}
    every["model.lr"] = {**every["model.lr"], "label": "Learning rate of skip-gram"}
    help = "A .txt file of up to a million characters; it fills the text."
    upload = {"label": "Upload", "type": "file", "help": help}
    corpus = ("corpus", "sentences", "text", "model.min_count")
    first = [every.pop(name) for name in corpus]
    first.insert(3, {**first[2], "name": "upload", **upload})
    pace, cbow = every.pop("pace"), every.pop("cbow_lr")
    rest = [pace]
    for row in every.values():
        rest += [row, cbow] if row["name"] == "model.lr" else [row]
    return {"Words: Corpus": first, "Words: Training": rest}


FORMS = _rows()
"""{title: rows}."""


def values(lab: WordLab) -> dict[str, dict[str, Any]]:
    """{title: value}; see `components.form`."""
    found = {}
    for title, fields in FORMS.items():
        value = settings_view.value(lab.edited, {"": [row for row in fields if row["name"] != "upload"]})
        names = {row["name"] for row in fields}
        marks = {path: mark for path, mark in bar.marks(lab).items() if path in names}
        if title == "Words: Corpus" and lab.refused:
            marks["text" if lab.edited.config.corpus == "own text" else "corpus"] = ["error", lab.refused]
        value["marks"] = json.dumps(marks | json.loads(value["marks"]))
        value["running"] |= {path: old for path, old in bar.running(lab).items() if path in names}
        corpus = lab.edited.raw["corpus"]
        value["hidden"] = json.dumps(
            [*(OWN if corpus != "own text" else ()), *(MADE if corpus != "small language" else ())]
        )
        found[title] = value
    return found
