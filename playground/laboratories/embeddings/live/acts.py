"""What each event of the tab "word2vec live" does."""

from __future__ import annotations

import json
from urllib.parse import unquote

from models.config import walk
from playground.laboratories.embeddings import tries
from playground.laboratories.embeddings.live import bar, curves, forms, learned, maps, saved
from playground.lenses.lens import Act, Update
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.words.settings import WordSettings

TYPED = 60  # letters of a word
LONGEST = 4000  # characters of an action
JOB, SAVE = "words", "words-save"  # the training of the vectors, and a file of them


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
    return {f"form:{title}": value for title, value in forms.values(session.words).items()}


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
    """A link in a sentence: "set:{...}" changes controls and trains; "select:dog"; "analogy:a,b,c"."""
    lab, (what, _, rest) = session.words, event.text("action", LONGEST).partition(":")
    text = unquote(rest)
    if what == "set":
        return _set(session, text)
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


ACTS: dict[str, dict[str, Act]] = {
    "wordbar": {"open": open_, "play": play, "pause": pause, "again": again, "reset": reset},
    "wordlab": {"select": select, "look": look, "analogy": analogy, "save": save},
    **{f"form:{title}": {"edit": edit} for title in forms.FORMS},
    **{view: {"do": do} for view in ("finding-words", "notes-live")},
}
