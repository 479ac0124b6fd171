"""The tab "The scheme": what a scheme is, by where it acts."""

from __future__ import annotations

from playground.laboratories.positions.scheme import view
from playground.lenses.lens import Lens, Update, panel, row
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return view.value(session.positions.config)


LENS = Lens(
    name="scheme",
    title="The scheme",
    panels=(
        panel("headline", "scheme-head"),
        panel("dials", "scheme-dials", large=False),
        row(  # what a scheme has nothing for leaves its place to the next
            panel("dials", "scheme-plane", large=True),
            panel("grid", "scheme-matrix"),
            panel("grid", "scheme-square"),
            panel("chart", "scheme-speeds", name="scheme", tall=320),
            panel("chart", "scheme-curves", name="by-distance", tall=320),
            classes="halves",
        ),
        panel("notes", "scheme-notes"),
    ),
    value=value,
)
