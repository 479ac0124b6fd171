"""A few sentences beside controls: what a task asks, what a run may use."""

import gradio as gr

from playground.components.widget import widget


def words(*, view: str) -> gr.HTML:
    """Value: {html}; simple tags only, `<span class="mono">` for examples."""
    return widget("words", view)
