"""What each event of the Embeddings page does: word2vec live, and one-hot against dense."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from models.config import walk
from playground.acts import wordforms
from playground.laboratories.embeddings.word2vec import bar, curves, dense, learned, maps, saved, tries
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.words.settings import KINDS, WordSettings
from playground.words.training import QUICK

Update = dict[str, Any]
TYPED = 60  # letters of a word
LISTED = 1000  # letters of a list of words
LONGEST = 4000  # characters of an action
JOB, QUICKLY, SAVE = "words", "words-quick", "words-save"
"""Jobs: the lab's training, the one that stands in where there is none, and a file."""


# ---- what is drawn ----
def picture(session: Session, charts: bool = True) -> Update:
    """The run as it is; without `charts` only what moves with every word."""
    lab = session.words
    out: Update = {
        "wordlab": maps.value(lab, whole=charts),
        "wordbar": bar.value(lab, session.answered),
        "finding-words": learned.value(lab),
    }
    if charts:
        out |= {"agreement": curves.agreement(lab), "word-loss": curves.loss(lab), "notes-live": tries.live(lab)}
        out |= controls(session)
    return out


def looked(session: Session) -> Update:
    """Another word, other axes, another analogy."""
    lab = session.words
    return {"wordlab": maps.value(lab), "finding-words": learned.value(lab), "notes-live": tries.live(lab)}


def controls(session: Session) -> Update:
    """The forms."""
    return {f"form:{title}": value for title, value in wordforms.values(session.words).items()}


def compared(session: Session) -> Update:
    """The tab of the two matrices; where there is nothing to compare yet, the quick training is read."""
    lab = session.words
    if dense.shown(lab) is None and QUICKLY not in session.jobs:
        session.jobs.begin(QUICKLY, QUICK.reading(), lab.failed)
    return {"similar": dense.value(lab), "notes-dense": tries.dense(lab)}


def read_quickly(session: Session, charts: bool) -> Update:
    """The two matrices, once there are vectors."""
    return compared(session) if dense.shown(session.words) is not None else {}


# ---- the run ----
def _begin(session: Session) -> Update:
    session.jobs.begin(JOB, session.words.training_steps(), session.words.failed)
    return picture(session)


def _end(session: Session) -> None:
    session.jobs.cancel(JOB)
    session.words.halt()


def open_(session: Session, event: Event) -> Update:
    """The page is there for the first time, or again."""
    lab = session.words
    if (lab.training is None or lab.stale) and not lab.refused and JOB not in session.jobs:
        return _begin(session)
    return picture(session)


def play(session: Session, event: Event) -> Update:
    session.words.order()
    return _begin(session)


def go_on(session: Session) -> None:
    """Read on without a press."""
    if not session.words.over:
        play(session, Event({}))


def again(session: Session, event: Event) -> Update:
    """From the start, with the controls."""
    session.words.order(anew=True)
    return _begin(session)


def pause(session: Session, event: Event) -> Update:
    _end(session)
    return _build(session)


def reset(session: Session, event: Event) -> Update:
    _end(session)
    session.words.stale = True
    return _build(session)


def _build(session: Session) -> Update:
    """What the controls say anew, if that is due."""
    return _begin(session) if session.words.stale else picture(session)


def edit(session: Session, event: Event) -> Update:
    lab = session.words
    lab.edit(event.text("at", 200), event.get("value"))
    if lab.stale and not lab.running:
        session.jobs.begin(JOB, lab.training_steps(), lab.failed)
    return {"wordbar": bar.value(lab, session.answered), **controls(session)}


def do(session: Session, event: Event) -> Update:
    """A link in a sentence: "set:{...}" changes controls and trains; "select:dog"; "analogy:a,b,c"; "words:a,b"."""
    lab, (what, _, rest) = session.words, event.text("action", LONGEST).partition(":")
    text = unquote(rest)
    if what == "set":
        return _set(session, text)
    if what == "words":
        lab.compared = text[:LISTED]
        return compared(session)
    if what == "select":
        _choose(session, text)
    elif what == "analogy" and text.count(",") == 2:
        a, b, c = (word[:TYPED] for word in text.split(","))
        lab.asked = (a, b, c)
    return looked(session)


def _set(session: Session, text: str) -> Update:
    """The first settings with these changes, trained from the start."""
    lab = session.words
    try:
        changes = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(changes, dict) or not set(changes) <= {path for path, _, _ in walk(WordSettings())}:
        return {}
    lab.edited.reset()
    for path, value in changes.items():
        lab.edited.edit(path, value)
    lab.order(anew=True)
    return _begin(session)


# ---- looking ----
def _choose(session: Session, word: str) -> None:
    lab = session.words
    lab.unknown = ""
    try:
        if lab.training is not None:
            lab.word = lab.training.text.vocabulary[lab.training.text.id(word[:TYPED])]
    except ValueError as error:
        lab.unknown = str(error)


def select(session: Session, event: Event) -> Update:
    _choose(session, event.text("word", TYPED))
    return looked(session)


def look(session: Session, event: Event) -> Update:
    """Let the axes follow, or hold them."""
    session.words.hold = event.get("hold") is True
    return looked(session)


def analogy(session: Session, event: Event) -> Update:
    a, b, c = (event.text(name, TYPED).strip().lower() for name in "abc")
    session.words.asked = (a, b, c)
    return looked(session)


def save(session: Session, event: Event) -> Update:
    lab = session.words
    try:
        steps = saved.writing(lab, event.text("what", TYPED), event.text("kind", TYPED))
        session.jobs.begin(SAVE, steps, lab.failed)
    except ValueError as error:
        lab.sent += 1
        lab.file = {"n": lab.sent, "error": str(error)}
    return written(session, True)


def written(session: Session, charts: bool) -> Update:
    """The file, once it is whole."""
    return {"download": session.words.file} if session.words.file and SAVE not in session.jobs else {}


def compare(session: Session, event: Event) -> Update:
    """Other words in the two matrices."""
    session.words.compared = event.text("text", LISTED)
    return compared(session)


def method(session: Session, event: Event) -> Update:
    """The vectors of the other method."""
    kind = event.get("kind")
    for each in KINDS:
        if kind == each:
            session.words.kind = each
    return compared(session)


def turn(session: Session, event: Event) -> Update:
    """Another tab."""
    return compared(session) if event.get("id") == "dense" else {}


def drawn(session: Session, event: Event) -> Update:
    """The two matrices are there for the first time."""
    return compared(session)


def everything(session: Session) -> Update:
    """What the page shows; the two matrices only where they are there already."""
    return picture(session) | ({} if dense.shown(session.words) is None else compared(session))


ACTS: dict[str, Any] = {
    "wordbar": {"open": open_, "play": play, "pause": pause, "again": again, "reset": reset},
    "wordlab": {"select": select, "look": look, "analogy": analogy, "save": save},
    "similar": {"open": drawn, "compare": compare, "method": method},
    "embedding-tabs": {"turn": turn},
    **{f"form:{title}": {"edit": edit} for title in wordforms.FORMS},
    **{view: {"do": do} for view in ("finding-words", "notes-live", "notes-dense")},
}
FRAMES = {JOB: picture, QUICKLY: read_quickly, SAVE: written}
