"""On a phone the column of settings of a laboratory is a sheet: its bar, and the button that opens it."""

import gradio as gr

from playground.components.widget import widget


def sheet(title: str) -> gr.HTML:
    """First in a column of class "pg-cfg": the sheet's title and Done. Not seen on a wide page."""
    return widget("sheetbar", "", title=title)


def opener(label: str) -> gr.HTML:
    """First in a column of class "pg-main": a bar at the bottom of a phone's page that opens the sheet."""
    return widget("opener", "", label=label)
