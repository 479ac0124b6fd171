"""The Compare page: two to four variants trained together, their views locked."""

from __future__ import annotations

import gradio as gr

from playground.components.compare import compare
from playground.components.download import download
from playground.components.plot import plot
from playground.pages import pressing
from playground.pages.comparing import Comparing
from playground.pages.frame import NOW, PRIVATE
from playground.pages.laboratory import PLOTLY
from playground.views import compare as view
from playground.views.compare import charts
from playground.visitors.session import Session

TITLES = {"accuracy": ("Accuracy", "of unseen examples"), "loss": ("Loss", "of unseen examples")}


def draw(demo: gr.Blocks, pages: gr.Tabs) -> None:
    """Lay the page out and wire it."""
    blank = Session("blank").compare
    with gr.Tab("Compare", id="compare"), gr.Column(elem_id="compare"):
        widget = compare(view.value(blank))
        plots = {
            name: plot(
                charts.value(blank, name),
                src=PLOTLY,
                title=title,
                note=note,
                tall=236,
                slot=f"compare-{name}",
                view=f"compare-{name}",
            )
            for name, (title, note) in TITLES.items()
        }
        file = download()
    page = Comparing(widget, plots)
    outputs = [widget, *plots.values()]
    limits = {"trigger_mode": "multiple", "concurrency_limit": 16, "concurrency_id": "compare"}
    for event, act in (
        (widget.choose, pressing.choose),
        (widget.match, pressing.match),
        (widget.seeds, pressing.seeds),
        (widget.include, pressing.add),
        (widget.leave, pressing.remove),
        (widget.look, pressing.look),
        (widget.word, pressing.word),
        (widget.open, pressing.opened),
        (widget.link, pressing.linked),
        (widget.pause, pressing.pause),
        (widget.restart, pressing.reset),
    ):
        event(page.changed(act), None, outputs, trigger_mode="multiple", **NOW)
    widget.save(page.saved, None, file, trigger_mode="multiple", **NOW)
    pressed = widget.play(page.changed(pressing.play), None, outputs, trigger_mode="multiple", **NOW)
    pressed.then(page.stream, None, outputs, **limits, **PRIVATE)
