"""The Playground page: the transport above, the configuration on the left, the lenses as tabs."""

from __future__ import annotations

from playground.acts import board, configuration, run, shelf
from playground.lenses import FIRST, LENSES
from playground.lenses.lens import Act, Box, Lens, Update, form, panel
from playground.lenses.page import Page
from playground.settings.forms import Accordion, accordions
from playground.views import form as form_view
from playground.views import published
from playground.visitors.event import Event
from playground.visitors.session import Session

UNDER = {"task": "task", "training": "terms"}
"""Accordion -> the words below its controls."""


def turn(session: Session, event: Event) -> Update:
    """Another lens."""
    name = event.get("id")
    session.lens = name if isinstance(name, str) and name in LENSES else session.lens
    return board.shown(session)


def _draw(session: Session, lens: Lens, charts: bool) -> Update:
    """The lens in sight, whichever an event or a job is of."""
    return board.shown(session)


def _accordion(each: Accordion) -> Box:
    kind = {"path": f"{each.slot}.kind", "label": "Variant" if each.name != "task" else "Task"} if each.slot else None
    words = [panel("words", UNDER[each.name])] if each.name in UNDER else []
    controls = form(each.title, each.kinds, kind=kind, about=form_view.about(each))
    return Box((controls, *words), "acc", each.title, f"acc-{each.name}", open=False)


ACTS: dict[str, dict[str, Act]] = {"lenses": {"turn": turn}}
for module in (run, configuration, shelf):
    for view, events in module.ACTS.items():
        ACTS.setdefault(view, {}).update(events)
PAGE = Page(
    name="playground",
    title="Playground",
    tabs=LENSES,
    bar="lenses",
    first=FIRST,
    above=(panel("transport", elem_id="tp"), panel("shelf", elem_id="shelf")),
    settings=(
        panel("column", elem_id="card"),
        panel("published", **published.fixed()),
        *map(_accordion, accordions()),
    ),
    value=board.controls,
    sight=lambda session: session.lens,
    draw=_draw,
    do=run.do,
    acts=ACTS,
    jobs={**run.FRAMES, **shelf.FRAMES},
    goes_on={run.JOB: run.go_on},
)
