"""The components of the Positions page, and how they are laid out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from playground.components.chart import chart
from playground.components.dials import dials
from playground.components.form import form
from playground.components.grid import grid
from playground.components.headline import headline
from playground.components.notes import notes
from playground.components.runbar import runbar
from playground.components.schemes import kept, schemes
from playground.components.table import table
from playground.pages.laboratory import PLOTLY
from playground.pages.positions.work import work_of
from playground.positions.settings import PositionSettings
from playground.settings.edited import Edited
from playground.views import settings as settings_view
from playground.views.positions import column as view
from playground.views.positions import decay, relative, scheme
from playground.views.positions import progress as progress_view
from playground.visitors.session import Session

Update = dict[Any, Any]
Parts = dict[str, gr.HTML]
VALUES = {"scheme": scheme.value, "decay": decay.value, "relative": relative.value}
"""What each tab draws; the other tabs have streams of their own."""


@dataclass
class Board:
    """`parts` are the pictures of the tabs, by the names their views give them."""

    schemes: gr.HTML
    forms: dict[str, gr.HTML]
    panel: gr.Accordion
    kept: gr.HTML
    parts: Parts = field(default_factory=dict)

    def all(self) -> list[Any]:
        return [self.schemes, *self.forms.values(), self.panel, self.kept, *self.parts.values()]

    def acting(self) -> list[Any]:
        """Pictures with links or cells that set controls."""
        return [part for part in self.parts.values() if hasattr(part, "do")]

    def controls(self, edited: Edited[PositionSettings]) -> Update:
        """The column on the left."""
        excluded = decay.alike(edited.config)[1] if edited.config.tab == "decay" else ()
        return {
            self.schemes: view.scheme(edited),
            **{self.forms[name]: form_value(edited, name) for name in self.forms},
            self.kept: view.card(edited, excluded),
        }

    def pictures(self, settings: PositionSettings) -> Update:
        """The tab in sight; nothing is sent to the others."""
        values = VALUES.get(settings.tab)
        return {self.parts[name]: value for name, value in values(settings).items()} if values else {}

    def everything(self, edited: Edited[PositionSettings]) -> Update:
        named = {self.panel: gr.update(label=view.title(edited.config))}
        return self.controls(edited) | named | self.pictures(edited.config)


def form_value(edited: Edited[PositionSettings], name: str) -> dict[str, Any]:
    kinds = {"": view.ACCORDIONS[name].rows}
    return settings_view.value(edited, kinds, hidden=view.hidden(edited.config), hints=view.hints(edited.config))


def column(blank: Edited[PositionSettings]) -> Board:
    """Chips, accordions, and what is in the chart."""
    forms, panels = {}, {}
    head = schemes(view.scheme(blank), kinds=view.chips(), about=view.about())
    for name, (title, rows) in view.ACCORDIONS.items():
        with gr.Accordion(title, open=True, elem_id=f"position-{name}", elem_classes=["acc"]) as panels[name]:
            forms[name] = form(f"Positions: {title}", {"": rows}, form_value(blank, name))
    return Board(head, forms, panels["scheme"], kept(view.card(blank)))


def _scheme(settings: PositionSettings) -> Parts:
    parts = {"head": headline(view="scheme-head"), "dials": dials(view="scheme-dials")}
    with gr.Row(elem_classes=["halves"]):  # what a scheme has nothing for leaves its place to the next
        parts["large"] = dials(view="scheme-plane", large=True)
        parts["made_of"], parts["square"] = grid(view="scheme-matrix"), grid(view="scheme-square")
        parts["speeds"] = chart(src=PLOTLY, name="scheme", tall=320, view="scheme-speeds")
        parts["curves"] = chart(src=PLOTLY, name="by-distance", tall=320, view="scheme-curves")
    return parts | {"python": notes(view="scheme-notes")}


def _decay(settings: PositionSettings) -> Parts:
    first = decay.value(settings)
    parts = {
        "decay_head": headline(first["decay_head"], view="decay-head"),
        "decay": chart(first["decay"], src=PLOTLY, name="decay", tall=320, view="decay"),
        "decay_dials": dials(first["decay_dials"], view="decay-dials"),
    }
    with gr.Row(elem_classes=["halves"]):
        parts["products"] = chart(first["products"], src=PLOTLY, name="products", tall=280, view="products")
        parts["decay_waves"] = chart(first["decay_waves"], src=PLOTLY, name="wavelengths", tall=280, view="waves")
    return parts | {"decay_python": notes(first["decay_python"], view="decay-notes")}


def _relative(settings: PositionSettings) -> Parts:
    parts = {
        "shift_head": headline(view="shift-head"),
        "shifts": chart(src=PLOTLY, name="shifts", tall=280, view="shifts"),
    }
    with gr.Row(elem_classes=["halves"]):
        parts["here"], parts["there"] = grid(view="scores-here"), grid(view="scores-there")
    return parts | {"shift_python": notes(view="shift-notes")}


TABS = (
    ("scheme", "The scheme", _scheme),
    ("decay", "Long-term decay", _decay),
    ("relative", "Relative only", _relative),
)


def trial_settings(name: str, session: Session) -> gr.HTML:
    """In the column, seen while the experiment's tab is."""
    work = work_of(session, name)
    kinds = {"": work.trial.rows()}
    with gr.Accordion(work.trial.title, open=True, elem_classes=["acc", "of", f"of-{name}"]):
        return form(f"Positions: {name}", kinds, settings_view.value(work.edited, kinds))


def trial(name: str, session: Session) -> Parts:
    """A tab whose experiment runs for a while."""
    work = work_of(session, name)
    parts = {"bar": runbar(work.bar(), view=f"{name}-bar")}  # first: findings of any length may not move the button
    parts["head"] = headline(progress_view.head(work.trial, None), view=f"{name}-head")
    with gr.Row(elem_classes=["halves"]):
        for chart_name in work.trial.charts:
            parts[chart_name] = chart(src=PLOTLY, name=f"{name}-{chart_name}", tall=340, view=f"{name}-{chart_name}")
    parts["table"] = table(
        progress_view.table(work.trial, None, name), view=f"{name}-table", elem_classes=["trial-table"]
    )
    return parts | {"notes": notes(progress_view.notes(work.trial, work.edited.config), view=f"{name}-notes")}
