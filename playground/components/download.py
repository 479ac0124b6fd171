"""A file that the browser saves as soon as it arrives; it has no picture of its own."""

import gradio as gr

from playground.components.widget import widget


def download() -> gr.HTML:
    """Value: {n, name, text}; a text that has arrived once is not saved again. {error} is said."""
    return widget("download", {})
