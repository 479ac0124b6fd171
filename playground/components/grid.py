"""A matrix as a picture: a cell under the pointer or the arrow keys says its number; table, CSV, PNG and SVG."""

import gradio as gr

from playground.components.widget import widget


def grid(*, view: str, **props) -> gr.HTML:
    """Value: see `views.positions.grid`; a title of "" takes no room.

    Event (see playground/acts): do {action: "set:{...}"}, of a cell that is pressed or reached with the arrows.
    """
    return widget("grid", view, **props)
