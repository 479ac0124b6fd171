"""The Embeddings page's components, and a visitor's state as updates of them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from playground.settings.rows import rows
from playground.views import settings as settings_view
from playground.views.embeddings.word2vec import bar, curves, dense, learned, maps, tries
from playground.words.lab import WordLab
from playground.words.settings import WordSettings

Update = dict[Any, Any]


def _rows() -> dict[str, list[dict[str, Any]]]:
    """Two forms: what is read, and how. The rate of the model is skip-gram's; the kind is both."""
    every = {row["name"]: row for row in rows(WordSettings, without=frozenset({"model.kind"}))}
    every["model.lr"] = {**every["model.lr"], "label": "Learning rate of skip-gram"}
    upload = {"label": "Upload", "type": "file", "help": "A .txt file in UTF-8 of at most 1 MB; it fills the text."}
    corpus = ("corpus", "sentences", "text", "model.min_count")
    first = [every.pop(name) for name in corpus]
    first.insert(3, {**first[2], "name": "upload", **upload})
    pace, cbow = every.pop("pace"), every.pop("cbow_lr")
    rest = [pace]
    for row in every.values():
        rest += [row, cbow] if row["name"] == "model.lr" else [row]
    return {"Corpus": first, "Training": rest}


FORMS = _rows()
OWN, MADE = ("text", "upload"), ("sentences",)


def forms(lab: WordLab) -> dict[str, dict[str, Any]]:
    """{title: value}; see `components.form`."""
    found = {}
    for title, fields in FORMS.items():
        value = settings_view.value(lab.edited, {"": [row for row in fields if row["name"] != "upload"]})
        names = {row["name"] for row in fields}
        marks = {path: mark for path, mark in bar.marks(lab).items() if path in names}
        if title == "Corpus" and lab.refused:
            marks["text" if lab.edited.config.corpus == "own text" else "corpus"] = ["error", lab.refused]
        value["marks"] = json.dumps(marks | json.loads(value["marks"]))
        value["running"] |= {path: old for path, old in bar.running(lab).items() if path in names}
        corpus = lab.edited.raw["corpus"]
        value["hidden"] = json.dumps(
            [*(OWN if corpus != "own text" else ()), *(MADE if corpus != "small language" else ())]
        )
        found[title] = value
    return found


class Board(NamedTuple):
    """The page's components by name."""

    forms: dict[str, Any]
    tabs: Any
    bar: Any
    finding: Any
    lab: Any
    agreement: Any
    loss: Any
    notes: Any
    matrices: Any
    dense_notes: Any
    files: Any

    def moving(self) -> list[Any]:
        """What a picture of the run may write."""
        return [self.bar, self.finding, self.lab, self.agreement, self.loss, self.notes, *self.forms.values()]

    def all(self) -> list[Any]:
        """Every component that handlers write."""
        return [*self.moving(), self.matrices, self.dense_notes, self.tabs]

    def picture(self, lab: WordLab, *, charts: bool = True) -> Update:
        """The run as it is; without `charts` only what moves with every word."""
        out: Update = {self.lab: maps.value(lab), self.bar: bar.value(lab), self.finding: learned.value(lab)}
        if charts:
            out |= {self.agreement: curves.agreement(lab), self.loss: curves.loss(lab), self.notes: tries.live(lab)}
        return out

    def looked(self, lab: WordLab) -> Update:
        """Another word, other axes, another analogy."""
        return {self.lab: maps.value(lab), self.finding: learned.value(lab), self.notes: tries.live(lab)}

    def edited(self, lab: WordLab) -> Update:
        """A control that the run does not follow yet."""
        return {self.bar: bar.value(lab), **self.controls(lab)}

    def everything(self, lab: WordLab) -> Update:
        """Run and controls."""
        return self.picture(lab) | self.controls(lab)

    def controls(self, lab: WordLab) -> Update:
        """The forms."""
        return {self.forms[title]: value for title, value in forms(lab).items()}

    def compared(self, lab: WordLab) -> Update:
        """The tab of the two matrices."""
        return {self.matrices: dense.value(lab), self.dense_notes: tries.dense(lab)}
