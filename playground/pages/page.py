"""Draws a page from its record, which comes as plain JSON: parts, a column of settings, tabs.

A part is a component {make, view, fixed}, or a box of them {panels, classes, title, id, open}; see `lenses.lens`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

import gradio as gr

from playground.components.chart import chart
from playground.components.form import form
from playground.components.plot import plot
from playground.components.widget import widget

MADE: dict[str, Callable[..., gr.HTML]] = {
    "plot": plot,
    "chart": chart,
    "form": lambda view, **fixed: form(**fixed),
}
"""Components that are more than their function in static/."""
Json = dict[str, Any]


def draw(page: Json) -> None:
    """Lay a page out, {name, title, above, settings, sheet, bar, first, tabs: [{name, title, parts, settings, alone}]};
    see `lenses.page`.
    """
    with gr.Tab(page["title"], id=page["name"]):
        _parts(page["above"])
        if not page["settings"]:
            with gr.Column(elem_id=page["name"]):
                _parts(page["tabs"][0]["parts"])
            return
        lab = bool(page["sheet"])
        with gr.Row(elem_classes=["pg-body", *["lab"] * lab]):
            with gr.Column(elem_id=None if lab else "cfg", elem_classes=["pg-cfg"], min_width=0):
                _settings(page)
            with gr.Column(elem_id=None if lab else "main", elem_classes=["pg-main"], min_width=0):
                if lab:  # a button at the bottom of a phone's page
                    widget("opener", "", label=page["sheet"])
                _tabs(page)


def _settings(page: Json) -> None:
    """The column on the left: the page's, and the tabs' own, which are seen with them."""
    if page["sheet"]:
        widget("sheetbar", "", title=page["sheet"])
    own = [tab for tab in page["tabs"] if tab["settings"]]
    if own:
        gr.HTML(f"<style>{''.join(_rule(page['bar'], tab) for tab in own)}</style>", elem_classes=["unseen"])
    _parts(page["settings"])
    for tab in own:
        with gr.Column(min_width=0, elem_classes=["of", f"of-{tab['name']}"]):
            _parts(tab["settings"])


def _rule(bar: str, tab: Json) -> str:
    """The style that shows the settings of the tab in sight."""
    here = f".lab:has(#{bar} [data-tab-id={tab['name']}][aria-selected=true]) > .pg-cfg"
    others = f"#app {here} > :not(.of, :has(.sheetbar)) {{ display: none; }}" if tab["alone"] else ""
    return f"#app {here} > .of-{tab['name']} {{ display: block; }} {others}"


def _tabs(page: Json) -> None:
    with gr.Tabs(elem_id=page["bar"], elem_classes=["pg-tabs"], selected=page["first"], overflow_behavior="wrap"):
        for tab in page["tabs"]:
            with gr.Tab(tab["title"], id=tab["name"]):
                _parts(tab["parts"])


def _parts(parts: Iterable[Json]) -> None:
    for part in parts:
        if "panels" in part:
            with _box(part):
                _parts(part["panels"])
        elif part["make"] in MADE:
            MADE[part["make"]](view=part["view"], **part["fixed"])
        else:
            widget(part["make"], part["view"], **part["fixed"])


def _box(box: Json) -> Any:
    classes = box["classes"].split()
    if box["title"]:
        return gr.Accordion(box["title"], open=box["open"], elem_id=box["id"] or None, elem_classes=classes)
    return gr.Row(elem_classes=classes) if classes else nullcontext()
