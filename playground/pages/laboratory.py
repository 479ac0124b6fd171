"""What the pages of laboratories share: a column of settings, experiments as tabs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from playground.components.sheet import opener, sheet


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
