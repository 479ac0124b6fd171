"""A table beside published models, in a disclosure below the architecture card."""

import gradio as gr

from playground.components.widget import widget


def published(*, columns: list[dict], rows: list[list], help: str) -> gr.HTML:
    """What never changes are properties; a new configuration sends its own row alone.

    Value:
        mine: JSON [cell, ...], the row of the configuration, which stays first and is marked.

    Args:
        columns: as in `components.table`; units belong to the labels.
        rows: [[cell, ...], ...]; a cell is a number, a string or {value, text, title, href}: sorted and saved by its
            value, shown as text, with title on hover.
        help: what the numbers mean.
    """
    return widget("published", columns=columns, rows=rows, help=help)
