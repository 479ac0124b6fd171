"""Charts drawn by Plotly in the browser, which fetches it when a first chart is about to be seen. `gr.Plot` builds the
chart anew at every value, and loses the zoom with it.
"""

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
    """A chart that is updated in place; zoom and hover survive.

    Value:

        fig   JSON of a Plotly figure {data, layout}; a colour may be written "var(--line-1)" and follows the theme
        said  what the chart shows now, for a screen reader; optional
        n     number of the frame; optional

    Fonts, grid, margins and transparent paper come from the page; what `fig.layout` says wins. The Table button lists
    the named traces, one row per x.

    Args:
        title: heading above the chart; `note` follows it in small print.
        said: what the chart shows, for a screen reader, until a value says more.
        tall: height in px.
        slot: "attention" shows the chart under the mosaic of the attention lens.
        view: one per chart.
    """
    return widget("plot", view, title=title, note=note, said=said, tall=tall, slot=slot, **props)
