"""Below a lens: what to try next, and the same numbers in a few lines of Python."""

import gradio as gr

from playground.components.widget import widget


def notes(*, view: str = "notes", **props) -> gr.HTML:
    """Two columns of text.

    Value:

        try     JSON string of html; <a data-do="preset:copy"> becomes a link that fires `do {action: "preset:copy"}`
        python  lines of code, shown with a Copy button; "" hides that column

    Event (see playground/acts): do {action}.

    Args:
        view: one per page's notes.
    """
    return widget("notes", view, **props)
