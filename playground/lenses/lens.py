"""What a lens is: one record in a folder of its own. What the page does with lenses are loops over `LENSES`: tabs and
panels, values of the stream, events, jobs, links, the lines of Python, the fuzz of all events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from models.transformer import TransformerConfig
from playground.visitors.event import Event
from playground.visitors.session import Session

Update = dict[str, Any]
"""{view: value}."""
Act = Callable[[Session, Event], Update | None]
"""What an event does to the session. The lens in sight is drawn afterwards; what is returned is drawn too."""


class Panel(NamedTuple):
    """A component of the page."""

    make: str
    """Its function in static/."""
    view: str
    """The name of its values and events."""
    fixed: dict[str, Any]
    """What never changes, as the script reads it."""


def panel(make: str, view: str = "", **fixed: Any) -> Panel:
    """A component; its view is called like its function unless it is named."""
    return Panel(make, view or make, fixed)


def any_model(config: TransformerConfig) -> bool:
    """Every model has what such a lens shows."""
    return True


def kept_step(session: Session) -> int:
    """Looking back through the fixed probe, the step of the kept picture; else the newest."""
    run, shown = session.start(), session.shown
    fixed = shown is not None and session.own is None and session.probe_name == "0"
    nearest = run.history.nearest(shown) if fixed and shown is not None else None
    return nearest.step if nearest else run.step


def newest_step(session: Session) -> int:
    """Of a lens that does not look back."""
    return session.start().step


class Code(NamedTuple):
    """The lines of Python that give the lens's numbers from `run`, which the lines before them build and train."""

    imports: Callable[[Session], list[str]]
    numbers: Callable[[Session], list[str]]
    step: Callable[[Session], int] = kept_step
    """Where the training ends: the step that the picture shows."""
    back: bool = True
    """Whether the picture looks back: it is then from before the changes at its own step."""


@dataclass(frozen=True)
class Lens:
    """One lens. Its events and jobs may be others' too: a name that two lenses give is the same function."""

    name: str
    title: str
    panels: tuple[tuple[Panel, ...], ...]
    """Rows of components, from top to bottom."""
    value: Callable[[Session, bool], Update]
    """What a session with a run shows. False: without the tables and charts that need not change at every frame."""
    code: Code
    has: Callable[[TransformerConfig], bool] = any_model
    """Whether a model has what the lens shows; else there is no code."""
    blank: Update = field(default_factory=dict)
    """What its views show before there is a run."""
    acts: Mapping[str, Mapping[str, Act]] = field(default_factory=dict)
    """View -> event -> what it does."""
    jobs: Mapping[str, Callable[[Session, bool], Update] | None] = field(default_factory=dict)
    """What jobs of its own show while they compute, None for the transport alone; at their end the lens in sight is
    drawn.
    """
