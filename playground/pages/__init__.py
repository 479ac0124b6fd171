"""The pages, in the order of the header. A page is one file plus one line here. What they are built from comes as plain
JSON from a worker, so that this process knows no model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from playground.pages import compare, embeddings, playground, positions


class Page(NamedTuple):
    """`draw` lays the page out inside the open Blocks."""

    name: str
    title: str
    draw: Callable[[dict[str, Any]], None]


PAGES = (
    Page("playground", "Playground", playground.draw),
    Page("compare", "Compare", compare.draw),
    Page("positions", "Positions", positions.draw),
    Page("embeddings", "Embeddings", embeddings.draw),
)
