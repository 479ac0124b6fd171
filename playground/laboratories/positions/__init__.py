"""The Positions page: one scheme, its settings on the left, and what it does as tabs."""

from __future__ import annotations

from models.position import POSITIONS
from playground.laboratories.positions import acts, column, convergence, cost, decay, length, relative, scheme, trained
from playground.lenses.lens import Box, Lens, Update, form, panel
from playground.lenses.page import Page
from playground.settings.rows import about
from playground.visitors.event import Event
from playground.visitors.session import Session

TABS: dict[str, Lens] = {
    each.LENS.name: each.LENS for each in (scheme, decay, relative, trained, length, convergence, cost)
}
"""In their order. A new one is a file or folder, and a name here."""


def turn(session: Session, event: Event) -> None:
    """Another tab."""
    name = event.get("id")
    if isinstance(name, str) and name in TABS:
        session.positions.edit("tab", name)


def opened(session: Session, event: Event) -> Update:
    """The page is there: what its address says, or where this visitor left off."""
    acts.read(session, event)
    if session.positions.config.tab not in TABS:
        session.positions.edit("tab", PAGE.first)
    session.sent += 1
    turned = {"id": PAGE.bar, "name": session.positions.config.tab, "n": session.sent}
    return {**PAGE.whole(session), "tabs": turned}


PAGE = Page(
    name="positions",
    title="Positions",
    tabs=TABS,
    bar="position-tabs",
    first=decay.LENS.name,
    settings=(
        panel("schemes", kinds=column.chips(), about=about(POSITIONS)),
        *(
            Box((form(column.form_title(name), {"": each.rows}),), "acc", each.title, f"position-{name}")
            for name, each in column.ACCORDIONS.items()
        ),
        panel("kept"),
    ),
    sheet="Settings",
    value=lambda session: column.value(session.positions),
    sight=lambda session: session.positions.config.tab,
    do=acts.do,
    acts={
        "schemes": {"edit": acts.edit, "open": opened},
        "kept": {"do": acts.do},
        "position-tabs": {"turn": turn},
        **{f"form:{column.form_title(name)}": {"edit": acts.edit} for name in column.ACCORDIONS},
    },
)
