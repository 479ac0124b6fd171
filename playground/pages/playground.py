"""The Playground page: configuration on the left, transport above, lenses in the middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from playground.components.attention import attention
from playground.components.column import column
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
from playground.components.shelf import shelf
from playground.components.table import table
from playground.components.transport import transport
from playground.components.words import words
from playground.pages.laboratory import PLOTLY

CHARTS = {  # name -> (heading, small print)
    "loss": ("Loss", "each batch, and unseen examples"),
    "accuracy": ("Accuracy", "scored tokens whose likeliest prediction is right"),
    "gradient": ("Gradient norm", "before clipping, logarithmic"),
    "rate": ("Learning rate", "of each update"),
}
UNDER = {"task": "task", "training": "terms"}
"""Accordion -> the words below its controls."""


def draw(layout: dict[str, Any]) -> None:
    """Lay the page out."""
    with gr.Tab("Playground", id="playground"):
        transport()
        shelf()
        with gr.Row(elem_id="body", elem_classes=["pg-body"]):
            with gr.Column(elem_id="cfg", elem_classes=["pg-cfg"], min_width=0):
                column()
                published(**layout["published"])
                for each in layout["forms"]:
                    name, title = each["name"], each["title"]
                    with gr.Accordion(title, open=False, elem_id=f"acc-{name}", elem_classes=["acc"]):
                        form(title, each["kinds"], kind=each["kind"], about=each["about"])
                        if name in UNDER:
                            words(view=UNDER[name])
            with (
                gr.Column(elem_id="main", elem_classes=["pg-main"], min_width=0),
                gr.Tabs(elem_id="lenses", elem_classes=["pg-tabs"], selected="attention", overflow_behavior="wrap"),
            ):
                for name, title in layout["lenses"]:
                    with gr.Tab(title, id=name):
                        LENSES[name]()
                        notes(view=f"notes-{name}")


def _learning() -> None:
    finding()
    with gr.Row(elem_classes=["charts"]):
        for name, (title, note) in CHARTS.items():
            plot(src=PLOTLY, title=title, note=note, tall=240, view=f"chart-{name}")
    table(view="learning-table")


def _attention() -> None:
    attention(elem_id="lens-attention")
    plot(
        src=PLOTLY,
        title="Head roles",
        note="mean weight on the role’s place, unseen examples",
        tall=236,
        slot="attention",
        view="roles",
    )


def _experts() -> None:
    experts(elem_id="lens-experts")
    plot(
        src=PLOTLY,
        title="Ways through the layers",
        note="tokens from first choice to first choice",
        tall=420,
        slot="experts-ways",
        view="ways",
    )
    plot(
        src=PLOTLY,
        title="What the expert tells",
        note="share of the entropy of task, position, kind of token",
        tall=252,
        slot="experts-told",
        view="told",
    )


def _intervene() -> None:
    intervene(elem_id="lens-intervene")
    plot(src=PLOTLY, tall=300, slot="intervene-bars", view="effects")


LENSES: dict[str, Callable[[], object]] = {
    "learning": _learning,
    "attention": _attention,
    "experts": _experts,
    "positions": lambda: positions(elem_id="lens-positions"),
    "embeddings": lambda: embeddings(elem_id="lens-embeddings"),
    "predictions": lambda: predictions(elem_id="lens-predictions"),
    "intervene": _intervene,
}
