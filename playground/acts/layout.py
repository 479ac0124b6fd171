"""What the pages are built from, as plain JSON: the rows of forms, what never changes in a component, first values."""

from __future__ import annotations

from typing import Any

from playground.acts import compare
from playground.acts.layout_labs import labs
from playground.acts.replay import stored
from playground.lenses import LENSES, notes
from playground.lenses.lens import Lens
from playground.settings.forms import accordions
from playground.views import column, published, shelf, task, transport
from playground.visitors.session import Session

ELSEWHERE = {  # where the settings of a tab are that has none beside it
    "dense-settings": "The dense vectors are those of your run under word2vec live, made with these settings; before "
    "it begins, those of a run made for this page.",
    "input-settings": "The model is that of the Playground page, where its settings are.",
    "heads-settings": "These are the heads of your run on the Playground page, where its settings are.",
}


def layout() -> dict[str, Any]:
    """{forms, lenses, published, labs, values}; `values` are what the views show before anything is asked."""
    blank = Session()
    values: dict[str, Any] = {
        "transport": transport.value(blank),
        "replay": {"on": True},
        "shelf": shelf.value(blank),
        "column": column.value(blank),
        "published": published.value(blank),
        "task": task.value(blank),
        "terms": transport.terms(blank),
        **{view: value for lens in LENSES.values() for view, value in lens.blank.items()},
        **{f"notes-{name}": notes.value(blank, lens) for name, lens in LENSES.items()},
        **{f"form:{each.title}": column.form(blank, each) for each in accordions()},
    }
    values |= compare.everything(blank) | {view: {"html": f"<p>{text}</p>"} for view, text in ELSEWHERE.items()}
    recording = stored()
    for name in ("transport", "attention"):  # the last frame, until the recording has been fetched
        values[name] = {**recording["base"][name], **recording["frames"][-1][name]}
    found = labs()
    return {
        "lenses": [_lens(lens) for lens in LENSES.values()],
        "forms": [_form(each) for each in accordions()],
        "published": published.fixed(),
        "labs": found,
        "values": values | found.pop("values"),
    }


def _form(each: Any) -> dict[str, Any]:
    kind = {"path": f"{each.slot}.kind", "label": "Variant" if each.name != "task" else "Task"} if each.slot else None
    return {"name": each.name, "title": each.title, "kinds": each.kinds, "kind": kind, "about": column.about(each)}


def _lens(lens: Lens) -> dict[str, Any]:
    """{name, title, panels}; see `pages.playground`."""
    return {"name": lens.name, "title": lens.title, "panels": [[tuple(each) for each in row] for row in lens.panels]}
