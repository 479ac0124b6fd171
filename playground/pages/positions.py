"""The Positions page: the laboratory of position schemes."""

from __future__ import annotations

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
from playground.components.widget import widget
from playground.components.words import words
from playground.pages.laboratory import experiments, settings


def draw(layout: dict[str, Any]) -> None:
    """Lay the page out."""
    lab = layout["labs"]["positions"]
    with gr.Tab("Positions", id="positions"), gr.Row(elem_classes=["pg-body", "lab"]):
        with settings("Settings"):
            schemes(kinds=lab["kinds"], about=lab["about"])
            for each in lab["accordions"]:
                with gr.Accordion(each["title"], open=True, elem_id=f"position-{each['name']}", elem_classes=["acc"]):
                    form(each["form"], {"": each["rows"]})
            kept()
            for name, each in lab["experiments"].items():
                with gr.Accordion(each["title"], open=True, elem_classes=["acc", "of", f"of-{name}"]):
                    form(each["form"], {"": each["rows"]})
            with gr.Column(min_width=0, elem_classes=["of", "of-trained"]):
                words(view="heads-settings")
        with experiments("position-tabs", lab["first"]):
            for name, title, lay in (
                ("scheme", "The scheme", _scheme),
                ("decay", "Long-term decay", _decay),
                ("relative", "Relative only", _relative),
            ):
                with gr.Tab(title, id=name):
                    lay()
            with gr.Tab("Trained model", id="trained"):
                widget("positions", "trained-heads", opens=True)
            for name, each in lab["experiments"].items():
                with gr.Tab(each["title"], id=name):
                    _experiment(name, each["charts"])


def _chart(name: str, tall: int, view: str) -> None:
    chart(name=name, tall=tall, view=view)


def _scheme() -> None:
    headline(view="scheme-head")
    dials(view="scheme-dials")
    with gr.Row(elem_classes=["halves"]):  # what a scheme has nothing for leaves its place to the next
        dials(view="scheme-plane", large=True)
        grid(view="scheme-matrix")
        grid(view="scheme-square")
        _chart("scheme", 320, "scheme-speeds")
        _chart("by-distance", 320, "scheme-curves")
    notes(view="scheme-notes")


def _decay() -> None:
    headline(view="decay-head")
    _chart("decay", 320, "decay")
    dials(view="decay-dials")
    with gr.Row(elem_classes=["halves"]):
        _chart("products", 280, "products")
        _chart("wavelengths", 280, "waves")
    notes(view="decay-notes")


def _relative() -> None:
    headline(view="shift-head")
    _chart("shifts", 280, "shifts")
    with gr.Row(elem_classes=["halves"]):
        grid(view="scores-here")
        grid(view="scores-there")
    notes(view="shift-notes")


def _experiment(name: str, charts: list[str]) -> None:
    """A tab whose experiment runs for a while."""
    runbar(view=f"{name}-bar")  # first: findings of any length may not move the button
    headline(view=f"{name}-head")
    with gr.Row(elem_classes=["halves"]):
        for each in charts:
            _chart(f"{name}-{each}", 340, f"{name}-{each}")
    table(view=f"{name}-table", elem_classes=["trial-table"])
    notes(view=f"{name}-notes")
