"""What the pages of laboratories share: a column of settings, experiments as tabs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import gradio as gr

from playground.components.sheet import opener, sheet

SCRIPT = Path(str(find_spec("plotly").origin)).parent / "package_data" / "plotly.min.js"  # type: ignore[union-attr]
PLOTLY = f"gradio_api/file={SCRIPT}"
"""Relative to the app's own root, wherever a proxy has put that."""


@contextmanager
def settings(title: str) -> Iterator[None]:
    """The column on the left; on a phone a sheet. Opened inside `gr.Row(elem_classes=["pg-body", "lab"])`."""
    with gr.Column(elem_classes=["pg-cfg"], min_width=0):
        sheet(title)
        yield


@contextmanager
def experiments(name: str, selected: str) -> Iterator[gr.Tabs]:
    """The tabs on the right."""
    with gr.Column(elem_classes=["pg-main"], min_width=0):
        opener("Settings")
        with gr.Tabs(elem_id=name, elem_classes=["pg-tabs"], selected=selected, overflow_behavior="wrap") as tabs:
            yield tabs
