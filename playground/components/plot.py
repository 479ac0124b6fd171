"""Charts drawn in place on the page: zoom, the hover card and the choice of curves survive every value."""

import gradio as gr

from playground.components.widget import widget


def plot(
    *,
    title: str = "",
    note: str = "",
    said: str = "",
    tall: int = 260,
    slot: str = "",
    view: str = "plot",
    **props,
) -> gr.HTML:
    """A chart, its numbers as a table, and files of both.

    Value:

        fig   JSON of a figure (figures/curves.py); a colour may be written "var(--line-1)" and follows the theme
        said  what the chart shows now, for a screen reader; optional
        n     number of the frame; optional

    Args:
        title: heading above the chart; `note` follows it in small print.
        said: what the chart shows, for a screen reader, until a value says more.
        tall: height in px.
        slot: "attention" shows the chart under the mosaic of the attention lens.
        view: one per chart.
    """
    return widget("plot", view, title=title, note=note, said=said, tall=tall, slot=slot, **props)
