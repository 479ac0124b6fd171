"""The tab "What an input vector is made of": of the run on the Playground page, or of the model of its controls."""

from __future__ import annotations

from typing import Any

import gradio as gr

from playground.components.inputvector import inputvector
from playground.pages.frame import NOW, session_of
from playground.pages.seeing import take
from playground.views.embeddings import input as input_view


def tab() -> None:
    """Lay the tab out, inside open tabs, and wire it. It asks for its value when it comes into sight."""
    with gr.Tab("What an input vector is made of", id="input"):
        shown = inputvector(elem_id="lab-input")

    def see(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
        session = session_of(request)
        take(session, event)
        return {shown: input_view.value(session)}

    shown.see(see, None, [shown], trigger_mode="multiple", **NOW)
