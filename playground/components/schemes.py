"""The head of the Positions page's column: a chip for each scheme, and what it is; below, what is in the chart."""

from typing import Any

import gradio as gr

from playground.components.widget import widget


def schemes(*, kinds: list[list[str]], about: dict[str, list[Any]], **props) -> gr.HTML:
    """Value: {kind, tab in sight, problem (sentence or ""), lines: JSON {accordion: what it says while closed}}.

    Args:
        kinds: [[kind, label]] in the order shown.
        about: {kind: [sentence, [paper, address]]}.

    Events (see playground/acts): edit {at, value}; open {query: {name: text}}, once, with what the page's address says.
    """
    return widget("schemes", kinds=kinds, about=about, **props)


def kept(**props) -> gr.HTML:
    """Value: {rows: JSON [[id, colour, name, why it is not drawn or ""]], the one in hand first, full: why nothing can
    be added or "", link: address of the settings}.

    Event (see playground/acts): do {action}: keep, drop:1, reset.
    """
    return widget("kept", **props)
