"""The Embeddings page: one-hot against dense, word2vec live, and what an input vector is made of."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.components.finding import finding
from playground.components.form import form
from playground.components.inputvector import inputvector
from playground.components.notes import notes
from playground.components.plot import plot
from playground.components.similar import similar
from playground.components.wordbar import wordbar
from playground.components.wordlab import wordlab
from playground.components.words import words
from playground.pages.laboratory import experiments, settings


def draw(layout: dict[str, Any]) -> None:
    """Lay the page out."""
    with gr.Tab("Embeddings", id="embeddings"), gr.Row(elem_classes=["pg-body", "lab"]):
        with settings("Settings"):
            for name in ("dense", "input"):
                with gr.Column(min_width=0, elem_classes=["of", f"of-{name}"]):
                    words(view=f"{name}-settings")
            for title, rows in layout["labs"]["embeddings"]["forms"].items():
                form(title, {"": rows})
        with experiments("embedding-tabs", "live"):
            with gr.Tab("One-hot or dense", id="dense"):
                similar()
                notes(view="notes-dense")
            with gr.Tab("word2vec live", id="live"):
                wordbar()
                finding(view="finding-words", elem_classes=["snug"])
                wordlab()
                with gr.Row(elem_classes=["charts", "word-charts"]):
                    near = "neighbours of the word’s own class"
                    plot(title="Agreement", note=near, tall=240, view="agreement")
                    plot(title="Loss", note="mean since the point before", tall=240, view="word-loss")
                notes(view="notes-live")
            with gr.Tab("What an input vector is made of", id="input"):
                inputvector(elem_id="lab-input")
