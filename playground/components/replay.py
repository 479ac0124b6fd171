"""The stored replay that moves before anything is computed; it has no picture of its own."""

import gradio as gr

from playground.components.widget import widget


def replay(value: dict) -> gr.HTML:
    """Value: {on: whether to play it, src: address of the recording}."""
    return widget("replay", value, (), elem_id="replay")
