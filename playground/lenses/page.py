"""What a page is: one record, as a lens is. Drawing it, its first values, events and frames are loops over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from playground.lenses.lens import Act, Begin, Draw, Lens, Part, Update
from playground.visitors.session import Session


def nothing(session: Session) -> Update:
    """Of a page that has no more than its tabs."""
    return {}


def alone(session: Session, tab: Lens, charts: bool) -> Update:
    """A tab that is drawn by itself."""
    return tab.value(session, charts)


@dataclass(frozen=True)
class Page:
    """One page: a column of settings and tabs."""

    name: str
    title: str
    tabs: Mapping[str, Lens]
    """By name, in their order. One alone fills the page."""
    bar: str = ""
    """The name of the bar of tabs, whose event is "turn"."""
    first: str = ""
    """The tab that is shown first."""
    above: tuple[Part, ...] = ()
    settings: tuple[Part, ...] = ()
    """The column on the left; see `Lens.settings`."""
    sheet: str = ""
    """On a phone the column is a sheet of this name, behind a button of its own; "": another component opens it."""
    value: Callable[[Session], Update] = nothing
    """What stands beside the tabs."""
    sight: Callable[[Session], str] | None = None
    """The name of the tab in sight. None: it is not known, and all tabs are drawn."""
    draw: Callable[[Session, Lens, bool], Update] = alone
    """What is drawn of a tab; the flag is that of `Lens.value`."""
    do: Act | None = None
    """What links in sentences do, the event `do` of every panel."""
    acts: Mapping[str, Mapping[str, Act]] = field(default_factory=dict)
    """View -> event -> what it does, beside those of the tabs. "form" is every view "form:..." that has none."""
    jobs: Mapping[str, Draw] = field(default_factory=dict)
    goes_on: Mapping[str, Begin] = field(default_factory=dict)
    """See `Lens.goes_on`."""
    opened: Begin | None = None
    """What begins when a page load opens it, or its session has moved."""

    def in_sight(self, session: Session) -> list[Lens]:
        """Its tabs that are drawn."""
        name = self.sight(session) if self.sight is not None else None
        return list(self.tabs.values()) if name is None else [self.tabs.get(name) or self.tabs[self.first]]

    def whole(self, session: Session) -> Update:
        """All that is in sight."""
        shown = self.value(session)
        for tab in self.in_sight(session):
            shown = shown | self.draw(session, tab, True)
        return shown
