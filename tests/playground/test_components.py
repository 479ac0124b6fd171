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
from playground.acts import PAGES
from playground.acts.layout import every_part
from playground.components import bus, chart, form, header, plot, static, widget
from playground.lenses.lens import panels

NASTY = "'play' \"edit\" `go` </script> & ü %22link%22"
ROW = {"name": "a", "path": "a", "label": NASTY, "help": NASTY, "type": "int", "options": [["edit", "do"]]}
OWN = {"header": ("go",), "bus": ("attach", "act", "save", "watch")}

MADE: dict[str, Callable[[], gr.HTML]] = {
    "bus": bus.bus,
    "chart": lambda: chart.chart(name=NASTY, view="decay"),
    "form": lambda: form.form(NASTY, {"": [ROW]}, about={"x": (NASTY, None)}),
    "header": lambda: header.header([("play", NASTY)]),
    "plot": lambda: plot.plot(title=NASTY, note="edit"),
}
PANELS = [panel for page in PAGES.values() for panel in panels(every_part(page))]
QUOTED = re.compile(r"""['"`](\w+)(?=['"`])""")  # where Gradio looks for the names of events


def properties(made: gr.HTML) -> dict:
    return json.loads(unquote(re.findall(r"`({.*?})`", made.js_on_load or "")[0]))


def test_every_component_is_tried_here():
    named = {name for _, name, _ in pkgutil.iter_modules(components.__path__)} - {"widget", "static"}
    assert named == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_a_component_has_the_events_of_its_own_and_no_other(name):
    made, declared = MADE[name](), OWN.get(name, ())
    assert QUOTED.findall(made.js_on_load or "") == list(declared)
    assert all(callable(getattr(made, event)) for event in declared)


@pytest.mark.parametrize("make", sorted({panel.make for panel in PANELS} | {"opener", "sheetbar"}))
def test_every_panel_is_drawn_by_a_function_that_exists(make):
    assert make in static.COMPONENTS
    for panel in PANELS:
        if panel.make == make and make not in MADE:
            made = widget.widget(make, panel.view, **panel.fixed)
            assert not QUOTED.findall(made.js_on_load or "")
            assert properties(made)["view"] == panel.view


def test_no_two_components_have_the_same_view():
    views = [panel.view for panel in PANELS]
    assert len(views) == len(set(views))


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
    assert properties(widget.widget("transport"))["view"] == "transport"
    assert properties(form.form("Task", {"": [ROW]}))["view"] == "form:Task"
    assert properties(widget.widget("finding", "found"))["view"] == "found"
    assert properties(widget.widget("opener", "", label="Settings"))["view"] == ""


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
