"""The run shelf: a dialog with the session's runs, opened from the header."""

import gradio as gr

from playground.components.widget import widget


def shelf() -> gr.HTML:
    """A dialog; it draws nothing until it is opened.

    Value:
        n: rises with every value sent.
        rows: JSON [[id, name, origin, steps, loss | null, accuracy | null, MB, whether it is the page's run], ...].
        problem: a sentence about what could not be done, or "".
        said: what the runs take in memory.
        compared: rises when runs were sent to the Compare page; the browser that asked for it turns there.

    Events (see playground/acts): see (the dialog opens), reopen {id}, remove {id}, compare {ids}, save {id} (a
    .safetensors file, so it travels as the bus's own event "save"), numbers {id, kind: csv | json}.
    """
    return widget("shelf", elem_id="shelf")
