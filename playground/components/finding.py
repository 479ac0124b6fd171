"""The sentence at the top of a lens that has no component of its own."""

import gradio as gr

from playground.components.widget import widget


def finding(*, view: str = "finding", **props) -> gr.HTML:
    """One finding.

    Value: {n, title, html}; html may hold <a data-do="step:548"> links.
    Event (see playground/acts): do {action}.
    """
    return widget("finding", view, **props)
