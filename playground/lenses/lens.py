"""What a lens is: one record in a folder of its own; so is the tab of a laboratory. What the pages do with them are
loops over the records: tabs and panels, values of the stream, events, jobs, links, the lines of Python, the fuzz of all
events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from models.transformer import TransformerConfig
from playground.visitors.event import Event
from playground.visitors.session import Session

Update = dict[str, Any]
"""{view: value}."""
Act = Callable[[Session, Event], Update | None]
"""What an event does to the session. What is returned is drawn; with None, what is in sight."""
Draw = Callable[[Session, bool], Update | None]
"""What is shown of a job; the flag is that of `Lens.value`."""
Begin = Callable[[Session], None]
"""Begins a job without an event."""


class Panel(NamedTuple):
    """A component of the page."""

    make: str
    """Its function in static/."""
    view: str
    """The name of its values and events."""
    fixed: dict[str, Any]
    """What never changes, as the script reads it."""


class Box(NamedTuple):
    """Components together: side by side, or under a heading that folds them away."""

    panels: tuple[Panel, ...]
    classes: str
    """Of its style: "charts" (halves of the page), "halves" (the same, and what draws nothing leaves its place)."""
    title: str = ""
    """Of an accordion."""
    id: str = ""
    open: bool = True


Part = Panel | Box


def panel(make: str, view: str = "", **fixed: Any) -> Panel:
    """A component; its view is called like its function unless it is named."""
    return Panel(make, view or make, fixed)


def form(title: str, kinds: dict[str, list[dict[str, Any]]], **fixed: Any) -> Panel:
    """A form of control rows, see `components.form`; its view is "form:<title>"."""
    return Panel("form", f"form:{title}", {"title": title, "kinds": kinds, **fixed})


def row(*panels: Panel, classes: str = "charts") -> Box:
    """Components beside each other."""
    return Box(panels, classes)


def panels(parts: Iterable[Part]) -> Iterator[Panel]:
    """All components, in their order."""
    for part in parts:
        yield from part.panels if isinstance(part, Box) else (part,)


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
    """One lens, or one tab of a laboratory. Its events and jobs may be others' too: a name that two lenses give is the
    same function.
    """

    name: str
    title: str
    panels: tuple[Part, ...]
    """From top to bottom."""
    value: Callable[[Session, bool], Update]
    """What a session shows. False: without the tables and charts that need not change at every frame. Of a lens, only
    asked of a session with a run.
    """
    code: Code | None = None
    """With it, a lens has notes below it: what to try, and its lines."""
    has: Callable[[TransformerConfig], bool] = any_model
    """Whether a model has what the lens shows; else there is no code."""
    of_settings: bool = False
    """Whether it shows the settings as the controls have them, so that it is drawn anew when they change."""
    blank: Update | None = field(default_factory=dict)
    """What its views show at first, before anything is asked; None: what `value` says of a new session."""
    acts: Mapping[str, Mapping[str, Act]] = field(default_factory=dict)
    """View -> event -> what it does. Links in sentences, the event `do`, are the page's where none is given."""
    jobs: Mapping[str, Draw | None] = field(default_factory=dict)
    """What each job of its own shows, while it computes and at its end. None, as entry or value: the transport alone
    while it computes, and then what is in sight.
    """
    goes_on: Mapping[str, Begin] = field(default_factory=dict)
    """Jobs that go on where they were after the session has slept, moved or been lost, and how they begin then."""
    settings: tuple[Part, ...] = ()
    """What stands in the page's column of settings while the tab is in sight: beside the others, or alone there."""
    alone: bool = False

    def parts(self) -> tuple[Part, ...]:
        """All that stands in its tab."""
        return (*self.panels, *([panel("notes", f"notes-{self.name}")] if self.code else []))
