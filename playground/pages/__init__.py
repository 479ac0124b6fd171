"""The pages, in the order of the header. A page is one file plus one line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import gradio as gr

from playground.pages import compare, embeddings, playground, positions


class Page(NamedTuple):
    """`draw` lays the page out inside the open Blocks and wires it."""

    name: str
    title: str
    draw: Callable[[gr.Blocks, gr.Tabs], None]


PAGES = (
    Page("playground", "Playground", playground.draw),
    Page("compare", "Compare", compare.draw),
    Page("positions", "Positions", positions.draw),
    Page("embeddings", "Embeddings", embeddings.draw),
)
