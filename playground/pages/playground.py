"""The Playground page: configuration on the left, transport above, lenses in the middle."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import plotly

from playground.components.attention import attention
from playground.components.column import column
from playground.components.download import download
from playground.components.embeddings import embeddings
from playground.components.experts import experts
from playground.components.finding import finding
from playground.components.form import form
from playground.components.intervene import intervene
from playground.components.notes import notes
from playground.components.plot import plot
from playground.components.positions import positions
from playground.components.predictions import predictions
from playground.components.published import published
from playground.components.replay import replay
from playground.components.shelf import shelf
from playground.components.table import table
from playground.components.transport import transport
from playground.components.words import words
from playground.pages.pictures import REPLAY, Board
from playground.pages.wiring import wire
from playground.settings.forms import accordions
from playground.views import column as column_view
from playground.views import experts as experts_view
from playground.views import intervene as intervene_view
from playground.views import notes as notes_view
from playground.views import published as published_view
from playground.views import shelf as shelf_view
from playground.views import task as task_view
from playground.views import transport as transport_view
from playground.views.embeddings import lens as embeddings_view
from playground.views.positions import lens as positions_view
from playground.visitors.session import Session
from playground.workers.replay import still

PLOTLY = f"/gradio_api/file={Path(plotly.__file__).parent / 'package_data' / 'plotly.min.js'}"
CHARTS = {  # name -> (heading, small print)
    "loss": ("Loss", "each batch, and unseen examples"),
    "accuracy": ("Accuracy", "scored tokens whose likeliest prediction is right"),
    "gradient": ("Gradient norm", "before clipping, logarithmic"),
    "rate": ("Learning rate", "of each update"),
}


def draw(demo: gr.Blocks, pages: gr.Tabs) -> None:
    """Lay the page out and wire it."""
    blank, forms = Session("blank"), accordions()
    with gr.Tab("Playground", id="playground"):
        board = Board(token=gr.Textbox(visible=False), pages=pages)
        board.transport = transport(still("transport") or transport_view.value(blank))
        board.replay = replay({"on": True, "src": REPLAY})
        board.shelf, board.saved = shelf(shelf_view.value(blank)), download()
        board.file = gr.DownloadButton(visible=False)
        board.upload = gr.UploadButton("Open a run", type="binary", elem_id="run-file", elem_classes=["unseen"])
        with gr.Row(elem_id="body", elem_classes=["pg-body"]):
            with gr.Column(elem_id="cfg", elem_classes=["pg-cfg"], min_width=0):
                board.column = column(column_view.value(blank))
                board.published = published(published_view.value(blank), **published_view.fixed())
                for each in forms:
                    with gr.Accordion(
                        each.title, open=False, elem_id=f"acc-{each.name}", elem_classes=["acc"]
                    ) as panel:
                        kind = (
                            {"path": f"{each.slot}.kind", "label": "Variant" if each.name != "task" else "Task"}
                            if each.slot
                            else None
                        )
                        board.forms[each.name] = form(
                            each.title,
                            each.kinds,
                            column_view.form(blank, each),
                            kind=kind,
                            about=column_view.about(each),
                        )
                        if each.name == "task":
                            board.task = words(task_view.value(blank), view="task")
                        if each.name == "training":
                            board.terms = words(transport_view.terms(blank), view="terms")
                    board.panels[each.name] = panel
            with (
                gr.Column(elem_id="main", elem_classes=["pg-main"], min_width=0),
                gr.Tabs(
                    elem_id="lenses", elem_classes=["pg-tabs"], selected="attention", overflow_behavior="wrap"
                ) as board.lenses,
            ):
                with gr.Tab("Learning", id="learning"):
                    board.finding = finding()
                    with gr.Row(elem_classes=["charts"]):
                        for name, (title, note) in CHARTS.items():
                            board.charts[name] = plot(
                                src=PLOTLY, title=title, note=note, tall=240, view=f"chart-{name}"
                            )
                    board.table = table(view="learning-table")
                    board.notes["learning"] = notes(notes_view.value(blank, "learning"), view="notes-learning")
                with gr.Tab("Attention", id="attention"):
                    board.attention = attention(still("attention"), elem_id="lens-attention")
                    board.roles = plot(
                        src=PLOTLY,
                        title="Head roles",
                        note="mean weight on the role’s place, unseen examples",
                        tall=236,
                        slot="attention",
                        view="roles",
                    )
                    board.notes["attention"] = notes(notes_view.value(blank, "attention"), view="notes-attention")
                with gr.Tab("Experts", id="experts"):
                    board.experts = experts(experts_view.nothing(), elem_id="lens-experts")
                    board.ways = plot(
                        src=PLOTLY,
                        title="Ways through the layers",
                        note="tokens from first choice to first choice",
                        tall=420,
                        slot="experts-ways",
                        view="ways",
                    )
                    board.told = plot(
                        src=PLOTLY,
                        title="What the expert tells",
                        note="share of the entropy of task, position, kind of token",
                        tall=252,
                        slot="experts-told",
                        view="told",
                    )
                    board.notes["experts"] = notes(notes_view.value(blank, "experts"), view="notes-experts")
                with gr.Tab("Positions", id="positions"):
                    board.positions = positions(positions_view.nothing(), elem_id="lens-positions")
                    board.notes["positions"] = notes(notes_view.value(blank, "positions"), view="notes-positions")
                with gr.Tab("Embeddings", id="embeddings"):
                    board.embeddings = embeddings(embeddings_view.nothing(), elem_id="lens-embeddings")
                    board.notes["embeddings"] = notes(notes_view.value(blank, "embeddings"), view="notes-embeddings")
                with gr.Tab("Predictions", id="predictions"):
                    board.predictions = predictions(elem_id="lens-predictions")
                    board.notes["predictions"] = notes(notes_view.value(blank, "predictions"), view="notes-predictions")
                with gr.Tab("Intervene", id="intervene"):
                    board.intervene = intervene(intervene_view.nothing(), elem_id="lens-intervene")
                    board.effects = plot(src=PLOTLY, tall=300, slot="intervene-bars", view="effects")
                    board.notes["intervene"] = notes(notes_view.value(blank, "intervene"), view="notes-intervene")
    wire(demo, board, forms)
