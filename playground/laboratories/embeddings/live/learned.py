"""The sentence above the maps."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

from playground.laboratories.embeddings.live import maps
from playground.wording import percent
from playground.words.lab import WordLab
from playground.words.settings import KINDS
from playground.words.training import Training

SURE = 0.9  # of the neighbours


def value(lab: WordLab) -> dict[str, Any]:
    """Of the panel `finding`."""
    training = lab.training
    lab.sent += 1
    if training is None:
        return {"n": lab.sent, "title": "There is nothing to learn from yet", "html": escape(lab.refused)}
    title, html = _classes(training) if training.classes else _words(training, lab.word)
    return {"n": lab.sent, "title": title, "html": html}


def _classes(training: Training) -> tuple[str, str]:
    left, right = training.points[-1].agreement
    if not training.words:
        return (
            f"Before training, {percent(left, 0)} of a word’s nearest neighbours share its class, as by chance",
            "Nine classes of ten words stand where the same words stand around them, and nobody tells the models "
            "which. Press Train, and watch both methods bring each class together.",
        )
    title = f"{percent(left, 0)} of nearest neighbours share the word’s class in skip-gram, {percent(right, 0)} in CBOW"
    both = "; ".join(f"{kind} {_reached(training, i)}" for i, kind in enumerate(KINDS))
    links = " · ".join(map(_link, ("dog", "red", "king")))
    return title, f"Of the five nearest by the cosine. 90 % was reached by {both}. Choose {links}, or any dot."


def _reached(training: Training, method: int) -> str:
    first = next((point for point in training.points if point.agreement[method] >= SURE), None)
    if first is None:
        return "not yet" if not training.finished else "never"
    return f"after {first.words:,} words ({first.seconds:.1f} s of computing)"


def _words(training: Training, word: str) -> tuple[str, str]:
    vocabulary = training.text.vocabulary
    if not training.words:
        title = f"{len(vocabulary):,} words at random: neighbours mean nothing yet"
        return title, "This text has no known classes. Press Train, then choose a word and read its neighbours."
    left, right = (maps.near(training, kind, word) for kind in KINDS)
    shared = {each[0] for each in left} & {each[0] for each in right}
    title = f"Nearest to “{word}”: {left[0][0]} in skip-gram, {right[0][0]} in CBOW"
    many = f"{len(shared)} of the five nearest are the same in both"
    tried = [each for each in ("true", "left", "integer") if each in vocabulary]
    links = " · ".join(map(_link, tried or [each for each in vocabulary if len(each) > 4][:3]))
    return title, f"{many}, after {training.words:,} words. Choose {links}, or any dot."


def _link(word: str) -> str:
    return f'<a data-do="select:{quote(word)}">{escape(word)}</a>'
