"""The Compare page: two to four variants trained together, their views locked."""

from __future__ import annotations

from playground.laboratories.compare import charts, view
from playground.laboratories.compare.acts import ACTS, LOOK, SAVE, TRAIN, go_on, pictured, saved
from playground.lenses.lens import Lens, Panel, Update, panel
from playground.lenses.page import Page
from playground.visitors.session import Session


def value(session: Session, curves: bool) -> Update:
    """All of the page; its curves are the dearest to draw."""
    setup = session.compare
    plots = {f"compare-{name}": charts.value(setup, name) for name in charts.CHARTS} if curves else {}
    return {"compare": view.value(setup, running=TRAIN in session.jobs), **plots}


def _plot(name: str) -> Panel:
    """Shown inside the component of the page."""
    view = f"compare-{name}"
    return panel("plot", view, title=name.capitalize(), note="of held-out examples", tall=236, slot=view)


LENS = Lens(
    name="compare",
    title="Compare",
    panels=(panel("compare"), *map(_plot, charts.CHARTS)),
    value=value,
    blank=None,
    acts={"compare": ACTS},
    jobs={TRAIN: value, LOOK: value, SAVE: saved},
    goes_on={TRAIN: go_on},
)
PAGE = Page(name="compare", title="Compare", tabs={LENS.name: LENS}, opened=pictured)
