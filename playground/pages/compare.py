"""The Compare page: two to four variants trained together, their views locked."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.components.compare import compare
from playground.components.plot import plot

TITLES = {"accuracy": ("Accuracy", "of held-out examples"), "loss": ("Loss", "of held-out examples")}


def draw(layout: dict[str, Any]) -> None:
    """Lay the page out."""
    with gr.Tab("Compare", id="compare"), gr.Column(elem_id="compare"):
        compare()
        for name, (title, note) in TITLES.items():
            view = f"compare-{name}"
            plot(title=title, note=note, tall=236, slot=view, view=view)
