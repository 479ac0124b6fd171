"""A sortable table with its numbers as CSV: on its own, or as the twin of a picture."""

import gradio as gr

from playground.components.widget import widget


def table(*, view: str = "table", **props) -> gr.HTML:
    """Rows of numbers and words; the visitor's order survives new rows.

    Value:

        columns  JSON [label | {label, align: "left"|"right", title, digits, percent}]; all but label optional.
                 digits: decimals of every number ("1,234.50" with 2); percent: true for shares, 0.073 is shown as
                 "7.3 %" (with `digits` decimals, else one). Order and CSV go by the numbers themselves.
        rows     JSON [[cell]]; a number is shown in the page's form, a string as it is, null as a dash; {value, text,
                 title, href} is sorted and saved by its value, shown as text, with title on hover
        name     name of the CSV file
        title    heading; the name when left out

    Args:
        view: one per table.
    """
    return widget("table", view, **props)
