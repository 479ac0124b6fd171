"""An experiment's bar: Run or Stop, where it is in words, and which of several things take part."""

import gradio as gr

from playground.components.widget import widget


def runbar(*, view: str, **props) -> gr.HTML:
    """Value:

        n      number of the answer
        state  idle, running
        words  where it is
        done   share of the work, 0 to 1
        tone   "error" where `words` says what went wrong, else ""
        picks  JSON [[field, label, [[option, label, chosen]]]]

    Events (see playground/acts): begin; halt; pick {at, value: [option, ...]}.
    """
    return widget("runbar", view, **props)
