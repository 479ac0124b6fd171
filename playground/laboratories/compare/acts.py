"""What each event of the Compare page does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from playground.comparison.results import updates
from playground.comparison.setup import Setup
from playground.laboratories.compare import link
from playground.lenses.lens import Act, Update
from playground.settings import links
from playground.visitors.event import Event
from playground.visitors.session import Session

TRAIN, LOOK, SAVE = "compare", "compare-pictures", "compare-save"  # jobs
ENTRIES = 120  # of an address


def _said(act: Callable[[Session, Setup, Event], None]) -> Act:
    """What cannot be done is said beside the controls, and nothing is lost; what trains ends where something else is to
    be compared.
    """

    def answer(session: Session, event: Event) -> None:
        setup = session.compare
        setup.problem = setup.wrong = ""
        before = setup.round
        try:
            act(session, setup, event)
        except ValueError as error:
            setup.problem = str(error)
        if setup.round != before:
            session.jobs.cancel(TRAIN)

    return answer


def _failed(setup: Setup, sentence: str) -> None:
    setup.notice = f"{sentence}. Try again."


def pictured(session: Session) -> None:
    """Ask for the pictures of what is looked at; where nothing trains, a job waits for them."""
    setup = session.compare
    setup.ask()
    if TRAIN not in session.jobs and setup.trials is not None and setup.trials.remotes:
        session.jobs.begin(LOOK, setup.looking(), partial(_failed, setup))


def choose(session: Session, setup: Setup, event: Event) -> None:
    """A ready comparison, or the run of the Playground."""
    name = event.text("name", 40)
    if name == "run":
        setup.begin_with(session.run.now if session.run is not None else session.config, "the run")
    else:
        setup.choose(name)


def match(session: Session, setup: Setup, event: Event) -> None:
    """Alike in one number."""
    setup.matched_by(event.text("name", 40))


def seeds(session: Session, setup: Setup, event: Event) -> None:
    """How many of each."""
    setup.seeded(event.number("count", 1, 5, 1))


def include(session: Session, setup: Setup, event: Event) -> None:
    """A variant: one setting of the base changed."""
    setup.add({event.text("at", 200): event.get("value")})


def leave(session: Session, setup: Setup, event: Event) -> None:
    """One variant fewer."""
    setup.remove(event.number("index", 0, 10))


def look(session: Session, setup: Setup, event: Event) -> None:
    """Another layer and head in all pictures, or another step."""
    setup.layer = event.number("layer", -1, 255, setup.layer)
    setup.head = event.number("head", 0, 255, setup.head)
    trials = setup.trials
    if event.get("step") is not None:
        asked = event.number("step", 0, 10**9)
        setup.shown = None if trials is None or asked >= trials.step else asked
    pictured(session)


def word(session: Session, setup: Setup, event: Event) -> None:
    """Another input in all pictures; what is wrong with it is said beside it."""
    text = event.get("text")
    try:
        setup.worded(text if isinstance(text, str) else "")
    except ValueError as error:
        setup.wrong = str(error)
    pictured(session)


def opened(session: Session, setup: Setup, event: Event) -> None:
    """The page is seen: the comparison of its address (once: a reload keeps what was trained), or the one there was."""
    query = event.get("query")
    entries = list(query.items())[:ENTRIES] if isinstance(query, dict) else []
    named = {str(name)[:200]: text for name, text in entries if isinstance(text, str)}
    address = repr(sorted(named.items()))[: links.LONGEST]
    if "compare" in named and address != setup.opened:
        setup.opened = address
        setup.problem = " ".join(link.opened(setup, named)[: links.TOLD])
    pictured(session)


def linked(session: Session, setup: Setup, event: Event) -> None:
    """A link to this comparison."""
    setup.link = link.link(setup)


def pause(session: Session, setup: Setup, event: Event) -> None:
    """Stop after the update in hand."""
    session.jobs.cancel(TRAIN)
    pictured(session)


def restart(session: Session, setup: Setup, event: Event) -> None:
    """Back to the beginning."""
    setup.close()


def play(session: Session, event: Event) -> None:
    """Train, go on, or train anew where all are done."""
    setup = session.compare
    setup.problem = setup.wrong = setup.notice = ""
    if setup.trials is not None and setup.trials.done:
        setup.close()
    setup.shown = None
    session.jobs.begin(TRAIN, setup.training(), partial(_failed, setup))


def go_on(session: Session) -> None:
    """Train on without a press."""
    setup = session.compare
    if setup.trials is not None and not setup.trials.done:
        session.jobs.begin(TRAIN, setup.training(), partial(_failed, setup))


def save(session: Session, event: Event) -> Update:
    """Every update of every run, as a file: it is written by a job, and comes with its frame."""
    if session.compare.trials is None:
        return {"download": {"n": time.time_ns(), "error": "Nothing has been trained yet."}}
    session.compare.file = ""
    session.jobs.begin(SAVE, _written(session.compare), partial(_failed, session.compare))
    return {}


def _written(setup: Setup) -> Iterator[None]:
    assert setup.trials is not None
    pieces = []
    for piece in updates(setup.trials):
        pieces.append(piece)
        yield
    setup.file = "".join(pieces)


def saved(session: Session, charts: bool) -> Update:
    """The file, once: it is not kept."""
    text, session.compare.file = session.compare.file, ""
    return {"download": {"n": time.time_ns(), "name": "comparison-updates.csv", "text": text}} if text else {}


ACTS: dict[str, Act] = {
    "choose": _said(choose),
    "match": _said(match),
    "seeds": _said(seeds),
    "include": _said(include),
    "leave": _said(leave),
    "look": _said(look),
    "word": _said(word),
    "open": _said(opened),
    "link": _said(linked),
    "play": play,
    "pause": _said(pause),
    "restart": _said(restart),
    "save": save,
}
