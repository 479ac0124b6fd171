"""The Playground page: configuration on the left, transport above, lenses in the middle."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import gradio as gr

from playground.components.column import column
from playground.components.form import form
from playground.components.notes import notes
from playground.components.published import published
from playground.components.shelf import shelf
from playground.components.transport import transport
from playground.components.widget import widget
from playground.components.words import words

UNDER = {"task": "task", "training": "terms"}
"""Accordion -> the words below its controls."""
Panel = tuple[str, str, dict[str, Any]]
"""See `lenses.lens.Panel`, as JSON."""


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
                for lens in layout["lenses"]:
                    with gr.Tab(lens["title"], id=lens["name"]):
                        _lens(lens["panels"])
                        notes(view=f"notes-{lens['name']}")


def _lens(panels: list[list[Panel]]) -> None:
    """Its components: rows of several stand beside each other."""
    for row in panels:
        with gr.Row(elem_classes=["charts"]) if len(row) > 1 else nullcontext():
            for make, view, fixed in row:
                widget(make, view, **fixed)
