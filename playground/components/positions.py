"""The Positions lens: what each head does with distance, while the model trains."""

import gradio as gr

from playground.components.widget import widget

EVENTS = ("do",)


def positions(value: dict | None = None, **props) -> gr.HTML:
    """Value: {n, step, finding: JSON {title, html}}. Event: do {action} of the finding's links."""
    return widget("positions", value, EVENTS, **props)
