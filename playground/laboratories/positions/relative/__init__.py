"""The tab "Relative only": query and key move on together, and the score is looked at again."""

from __future__ import annotations

from playground.laboratories.positions.relative import view
from playground.lenses.lens import Lens, Update, panel, row
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return view.value(session.positions.config)


LENS = Lens(
    name="relative",
    title="Relative only",
    panels=(
        panel("headline", "shift-head"),
        panel("chart", "shifts", name="shifts", tall=280),
        row(panel("grid", "scores-here"), panel("grid", "scores-there"), classes="halves"),
        panel("notes", "shift-notes"),
    ),
    value=value,
)
