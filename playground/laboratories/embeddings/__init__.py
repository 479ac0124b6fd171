"""The Embeddings page: one-hot against dense, word2vec live, and what an input vector is made of."""

from __future__ import annotations

from playground.laboratories.embeddings import dense, input, live
from playground.laboratories.embeddings.live import acts, forms
from playground.lenses.lens import Lens, Update, form
from playground.lenses.page import Page
from playground.visitors.event import Event
from playground.visitors.session import Session

TABS: dict[str, Lens] = {each.LENS.name: each.LENS for each in (dense, live, input)}
"""In their order. A new one is a folder, and a name here."""


def turn(session: Session, event: Event) -> Update:
    """Another tab."""
    return dense.compared(session) if event.get("id") == dense.LENS.name else {}


PAGE = Page(
    name="embeddings",
    title="Embeddings",
    tabs=TABS,
    bar="embedding-tabs",
    first=live.LENS.name,
    settings=tuple(form(title, {"": rows}) for title, rows in forms.FORMS.items()),
    sheet="Settings",
    value=acts.controls,
    acts={"embedding-tabs": {"turn": turn}},
)
