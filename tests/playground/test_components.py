"""Components: each has a view and a function that draws it, only the bus and the header have events of Gradio's, and
nothing is fetched.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Callable
from urllib.parse import unquote

import gradio as gr
import pytest

from playground import components
from playground.components import (
    bus,
    chart,
    column,
    compare,
    dials,
    finding,
    form,
    grid,
    header,
    headline,
    inputvector,
    notes,
    plot,
    published,
    runbar,
    schemes,
    sheet,
    shelf,
    similar,
    static,
    table,
    transport,
    widget,
    wordbar,
    wordlab,
    words,
)
from playground.lenses import LENSES

NASTY = "'play' \"edit\" `go` </script> & ü %22link%22"
ROW = {"name": "a", "path": "a", "label": NASTY, "help": NASTY, "type": "int", "options": [["edit", "do"]]}
OWN = {"header": ("go",), "bus": ("attach", "act", "save", "watch")}

MADE: dict[str, Callable[[], gr.HTML]] = {
    "bus": bus.bus,
    "chart": lambda: chart.chart(name=NASTY, view="decay"),
    "column": column.column,
    "compare": compare.compare,
    "dials": lambda: dials.dials(view="scheme-dials"),
    "finding": finding.finding,
    "form": lambda: form.form(NASTY, {"": [ROW]}, about={"x": (NASTY, None)}),
    "grid": lambda: grid.grid(view="scheme-matrix"),
    "header": lambda: header.header([("play", NASTY)]),
    "headline": lambda: headline.headline(view="scheme-head"),
    "inputvector": inputvector.inputvector,
    "kept": schemes.kept,
    "notes": lambda: notes.notes(view="play"),
    "opener": lambda: sheet.opener(NASTY),
    "plot": lambda: plot.plot(title=NASTY, note="edit"),
    "published": lambda: published.published(columns=[{"label": NASTY}], rows=[["go"]], help=NASTY),
    "runbar": lambda: runbar.runbar(view="cost-bar"),
    "schemes": lambda: schemes.schemes(kinds=[["rope", NASTY]], about={"rope": [NASTY, ["go", "do"]]}),
    "sheetbar": lambda: sheet.sheet(NASTY),
    "shelf": shelf.shelf,
    "similar": similar.similar,
    "table": lambda: table.table(view="edit"),
    "transport": transport.transport,
    "wordbar": wordbar.wordbar,
    "wordlab": wordlab.wordlab,
    "words": lambda: words.words(view="go"),
}
QUOTED = re.compile(r"""['"`](\w+)(?=['"`])""")  # where Gradio looks for the names of events


def properties(made: gr.HTML) -> dict:
    return json.loads(unquote(re.findall(r"`({.*?})`", made.js_on_load or "")[0]))


def test_every_component_is_tried_here():
    named = {name for _, name, _ in pkgutil.iter_modules(components.__path__)} - {"widget", "sheet", "static"}
    assert named <= set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_a_component_has_the_events_of_its_own_and_no_other(name):
    made, declared = MADE[name](), OWN.get(name, ())
    assert QUOTED.findall(made.js_on_load or "") == list(declared)
    assert all(callable(getattr(made, event)) for event in declared)


@pytest.mark.parametrize("lens", LENSES)
def test_the_panels_of_a_lens_are_drawn_by_functions_that_exist(lens):
    panels = [panel for row in LENSES[lens].panels for panel in row]
    assert {panel.make for panel in panels} <= set(static.COMPONENTS)
    views = [panel.view for panel in panels]
    assert len(views) == len(set(views))
    assert not QUOTED.findall(widget.widget("plot", "roles", **panels[0].fixed).js_on_load or "")


@pytest.mark.parametrize("event", OWN["bus"])
def test_the_bus_sends_each_of_its_events(event):
    assert f'"{event}"' in static.MODULES["core/bus.js"] + static.MODULES["core/stream.js"]


@pytest.mark.parametrize("name", MADE)
def test_a_component_is_drawn_by_a_function_that_exists(name):
    script = MADE[name]().js_on_load or ""
    assert re.findall(r"part\.(\w+)", script) == [name]
    assert f"part = modules[`{static.COMPONENTS[name]}`]" in script


def test_a_component_that_no_script_draws_is_refused():
    with pytest.raises(ValueError, match="'nobody'"):
        widget.widget("nobody")


@pytest.mark.parametrize("name", sorted(set(MADE) - {"bus", "header"}))
def test_values_come_by_the_bus_alone(name):
    assert MADE[name]().value is None


def test_a_view_is_called_like_its_function_unless_it_is_named():
    assert properties(transport.transport())["view"] == "transport"
    assert properties(form.form("Task", {"": [ROW]}))["view"] == "form:Task"
    assert properties(finding.finding(view="found"))["view"] == "found"
    assert properties(sheet.opener("Settings"))["view"] == ""


def test_views_of_components_without_a_name_are_different():
    views = [properties(MADE[name]())["view"] for name in MADE if name not in ("bus", "header")]
    named = [view for view in views if view]
    assert len(named) == len(set(named))


def test_what_draws_hears_its_own_view():
    """`mount` takes the name from the component's properties, so that it cannot differ from that of the bus."""
    assert not [path for path, source in static.MODULES.items() if re.search(r"\bmount\(['\"`]", source)]


def test_properties_arrive_as_they_were_given():
    made = form.form(NASTY, {"": [ROW]}, elem_id="f")
    assert properties(made)["title"] == NASTY
    assert made.elem_id == "f"
    assert "elem_id" not in properties(made)
    (field,) = properties(made)["kinds"][""]
    assert field == {("at" if key == "path" else key): value for key, value in ROW.items()}


def test_no_description_of_a_control_has_a_key_that_gradio_takes_for_a_file():
    nested = {"name": "a", "path": "a", "type": "choice", "options": [["x", "X"]]}
    made = form.form("Task", {"": [nested]}, kind={"path": "task.kind", "label": "Variant"})
    assert '"path"' not in json.dumps(properties(made))


@pytest.mark.parametrize("name", MADE)
def test_a_component_wears_the_class_that_the_styles_know(name):
    assert "w" in (MADE[name]().elem_classes or [])


def test_the_components_know_nothing_of_models():
    """They belong to the page's process, which starts without torch."""
    for _, name, _ in pkgutil.iter_modules(components.__path__):
        module = importlib.import_module(f"playground.components.{name}")
        source = (static.STATIC.parent / "playground" / "components" / f"{name}.py").read_text("utf-8")
        imported = set(re.findall(r"^from (playground[\w.]*|models[\w.]*)", source, re.M))
        assert imported <= {"playground.components.widget", "playground.components.static"}, module
