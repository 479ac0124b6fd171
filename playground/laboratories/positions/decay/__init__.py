"""The tab "Long-term decay": what becomes of a score with distance."""

from __future__ import annotations

from playground.laboratories.positions.decay import view
from playground.lenses.lens import Lens, Update, panel, row
from playground.visitors.session import Session


def value(session: Session, charts: bool) -> Update:
    return view.value(session.positions.config)


LENS = Lens(
    name="decay",
    title="Long-term decay",
    panels=(
        panel("headline", "decay-head"),
        panel("chart", "decay", name="decay", tall=320),
        panel("dials", "decay-dials", large=False),
        row(
            panel("chart", "products", name="products", tall=280),
            panel("chart", "waves", name="wavelengths", tall=280),
            classes="halves",
        ),
        panel("notes", "decay-notes"),
    ),
    value=value,
    blank=None,
)
