"""What each press on the Compare page does; ValueError says what cannot be done."""

from __future__ import annotations

import gradio as gr

from playground.comparison.setup import Setup
from playground.pages.event import number, sent
from playground.settings import links
from playground.views.compare import link
from playground.visitors.session import Session

ENTRIES = 120  # of an address


def pictured(setup: Setup) -> None:
    """Ask for the pictures of what is looked at, and wait for them."""
    trials = setup.trials
    if trials is not None and trials.built and not trials.ended:
        trials.look(*setup.looked())
        trials.settle()


def _name(event: gr.EventData) -> str:
    return str(sent(event, "name", ""))[:40]


def choose(session: Session, setup: Setup, event: gr.EventData) -> None:
    """A ready comparison, or the run of the Playground."""
    if _name(event) == "run":
        config = session.run.now if session.run is not None else session.config
        setup.begin_with(config, "the run")
    else:
        setup.choose(_name(event))


def match(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Alike in one number."""
    setup.matched_by(_name(event))


def seeds(session: Session, setup: Setup, event: gr.EventData) -> None:
    """How many of each."""
    setup.seeded(number(event, "count", 1, 5, 1))


def add(session: Session, setup: Setup, event: gr.EventData) -> None:
    """A variant: one setting of the base changed."""
    setup.add({str(sent(event, "at", ""))[:200]: sent(event, "value")})


def remove(session: Session, setup: Setup, event: gr.EventData) -> None:
    """One variant fewer."""
    setup.remove(number(event, "index", 0, 10))


def look(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Another layer and head in all pictures, or another step."""
    setup.layer = number(event, "layer", -1, 255, setup.layer)
    setup.head = number(event, "head", 0, 255, setup.head)
    trials = setup.trials
    if sent(event, "step") is not None:
        asked = number(event, "step", 0, 10**9)
        setup.shown = None if trials is None or asked >= trials.step else asked
    pictured(setup)


def opened(session: Session, setup: Setup, event: gr.EventData) -> None:
    """The page is seen: the comparison of its address (once: a reload keeps what was trained), or the one there was."""
    query = sent(event, "query")
    named = {str(name)[:200]: str(text) for name, text in query.items()} if isinstance(query, dict) else {}
    address = repr(sorted(named.items()))[: links.LONGEST]
    if "compare" in named and address != setup.opened:
        setup.opened = address
        setup.problem = " ".join(link.opened(setup, dict(list(named.items())[:ENTRIES]))[: links.TOLD])
    pictured(setup)


def linked(session: Session, setup: Setup, event: gr.EventData) -> None:
    """A link to this comparison."""
    setup.link = link.link(setup)


def word(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Another input in all pictures; what is wrong with it is said beside it."""
    text = sent(event, "text")
    try:
        setup.worded(text if isinstance(text, str) else "")
    except ValueError as error:
        setup.wrong = str(error)
    pictured(setup)


def play(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Train, go on, or train anew where all are done."""
    if setup.trials is not None and setup.trials.done:
        setup.close()
    setup.shown = None
    setup.press(running=True)


def pause(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Stop after the update in hand."""
    setup.rest()


def reset(session: Session, setup: Setup, event: gr.EventData) -> None:
    """Back to the beginning."""
    setup.close()
