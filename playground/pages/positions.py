"""The Positions page: the laboratory of position schemes."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.position import POSITIONS
from playground.components.form import form
from playground.components.plot import plot
from playground.pages.event import sent
from playground.pages.frame import NOW, session_of
from playground.pages.laboratory import PLOTLY, experiments, settings
from playground.positions.settings import PositionSettings
from playground.rows import about, rows
from playground.session import Session
from playground.views import settings as settings_view
from playground.views.positions import decay

Update = dict[Any, Any]
KINDS = {kind: rows(member, "position.") for kind, member in POSITIONS.items()}
PLACE = {"": rows(PositionSettings, only=("head_dim", "heads", "distance", "query", "key"))}


def draw(demo: gr.Blocks, pages: gr.Tabs) -> None:
    """Lay the page out and wire it."""
    blank = Session("blank")
    with gr.Tab("Positions", id="positions"), gr.Row(elem_classes=["pg-body", "lab"]):
        with settings("Settings"):
            scheme = form(
                "Scheme",
                KINDS,
                settings_view.value(blank.positions, KINDS, "position"),
                kind={"path": "position.kind", "label": "Scheme"},
                about=about(dict(POSITIONS)),
            )
            place = form("Positions shown", PLACE, settings_view.value(blank.positions, PLACE))
        with experiments("position-tabs", "decay"), gr.Tab("Long-term decay", id="decay"):
            chart = plot(
                decay.chart(blank.positions.config), src=PLOTLY, title="Bound on similarity by distance", view="decay"
            )

    def edit(request: gr.Request, event: gr.EventData) -> Update:
        session, path = session_of(request), str(sent(event, "at", ""))[:200]
        with session.hand:
            session.positions.edit(path, sent(event, "value"))
            edited = session.positions
            return {
                scheme: settings_view.value(edited, KINDS, "position"),
                place: settings_view.value(edited, PLACE),
                chart: decay.chart(edited.config),
            }

    for each in (scheme, place):
        each.edit(edit, None, [scheme, place, chart], trigger_mode="multiple", **NOW)
