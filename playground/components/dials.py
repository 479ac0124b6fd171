"""Rotating pairs as dials: the query's hand filled, the key's open, and the angle between them."""

import gradio as gr

from playground.components.widget import widget


def dials(*, view: str, large: bool = False, **props) -> gr.HTML:
    """Value:

        pairs       JSON [[index, radians per token]]; [] takes no room
        query, key  positions
        chosen      index of the pair in hand
        total       pairs there are
        pair        JSON {channels, query, key, product}: the two channels of the chosen pair before they turn
        amplitude   what turned vectors are multiplied by

    Args:
        large: draw the chosen pair alone, as a plane with its two channels as axes.

    Event (see playground/acts): do {action: "set:{...}"}, of a pair that is pressed, and of the positions after a turn.
    """
    return widget("dials", view, large=large, **props)
