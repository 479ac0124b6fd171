"""The finding at the top of an experiment, with one action where there is nothing to see."""

import gradio as gr

from playground.components.widget import widget


def headline(*, view: str, **props) -> gr.HTML:
    """Value: {title, html, act: JSON [label, action] or absent}; html may hold <a data-do="set:..."> links.

    Event (see playground/acts): do {action}.
    """
    return widget("headline", view, **props)
