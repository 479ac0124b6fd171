"""The header: pages, theme, help."""

import gradio as gr

from playground.components.widget import widget


def header(pages: list[tuple[str, str]], page: str | None = None) -> gr.HTML:
    """The bar at the top of every page.

    Args:
        pages: (id, label) of each page, in order; the ids stand in the address as ?at=ID.
        page: id of the page shown first; the first of `pages` by default.

    Value, Gradio's own: {"page": id}.
    Event `go`, Gradio's own: another page was asked for; the value is already the new one, so a handler in the browser
    can pass it on (`header.go(None, header, tabs, js="value => ({__type__: 'update', selected: value.page})")`). The
    server hears of it as the bus's event turn {id} of "pages".
    """
    value, listed = {"page": page or pages[0][0]}, [list(entry) for entry in pages]
    return widget("header", value=value, own_events=("go",), elem_id="hd", pages=listed)
