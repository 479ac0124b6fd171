"""The Embeddings lens: the vectors of the tokens moving while the model trains."""

import gradio as gr

from playground.components.widget import widget

EVENTS = ("do",)


def embeddings(value: dict | None = None, **props) -> gr.HTML:
    """Value: {n, step, finding: JSON {title, html}}. Event: do {action} of the finding's links."""
    return widget("embeddings", value, EVENTS, **props)
