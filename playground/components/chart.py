"""A chart whose heading changes with what it shows; without a figure it takes no room."""

import gradio as gr

from playground.components.widget import widget


def chart(*, name: str, tall: int = 260, view: str, **props) -> gr.HTML:
    """See `components.plot`.

    Value: that of `plot`, and

        title    heading; "" hides the chart
        note     small print after it
        formula  html at the right end of the heading, for wide pages; optional

    Args:
        name: of the files it saves.
    """
    return widget("chart", view, title=name, note="", tall=tall, slot="", **props)
