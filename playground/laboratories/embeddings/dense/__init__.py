"""The tab "One-hot or dense": the cosines of some words, with one number each and with many."""

from __future__ import annotations

from urllib.parse import unquote

from playground.laboratories.embeddings import tries
from playground.laboratories.embeddings.dense import view
from playground.lenses.lens import Lens, Update, panel
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.words.settings import KINDS
from playground.words.training import QUICK

QUICKLY = "words-quick"
"""A job: the training that stands in where there is none."""
LISTED = 1000  # letters of a list of words
ELSEWHERE = (
    "<p>The dense vectors are those of your run under word2vec live, made with these settings; before it begins, those "
    "of a run made for this page.</p>"
)


def value(session: Session, charts: bool) -> Update:
    """The two matrices, once there are vectors."""
    return compared(session) if view.shown(session.words) is not None else {}


def compared(session: Session) -> Update:
    """The two matrices; where there is nothing to compare yet, the quick training is read."""
    lab = session.words
    if view.shown(lab) is None and QUICKLY not in session.jobs:
        session.jobs.begin(QUICKLY, QUICK.reading(), lab.failed)
    return {"similar": view.value(lab), "notes-dense": tries.dense(lab)}


def drawn(session: Session, event: Event) -> Update:
    """They are there for the first time."""
    return compared(session)


def compare(session: Session, event: Event) -> Update:
    """Other words."""
    session.words.compared = event.text("text", LISTED)
    return compared(session)


def method(session: Session, event: Event) -> Update:
    """The vectors of the other method."""
    kind = event.get("kind")
    for each in KINDS:
        if kind == each:
            session.words.kind = each
    return compared(session)


def do(session: Session, event: Event) -> Update:
    """A link in a sentence: "words:a,b"."""
    what, _, words = event.text("action", 2 * LISTED).partition(":")
    if what == "words":
        session.words.compared = unquote(words)[:LISTED]
    return compared(session)


LENS = Lens(
    name="dense",
    title="One-hot or dense",
    panels=(panel("similar"), panel("notes", "notes-dense")),
    value=value,
    blank={"dense-settings": {"html": ELSEWHERE}},
    acts={"similar": {"open": drawn, "compare": compare, "method": method}, "notes-dense": {"do": do}},
    jobs={QUICKLY: value},
    settings=(panel("words", "dense-settings"),),
)
