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
    "chart": lambda: chart.chart(src="do", name=NASTY, view="decay"),
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
    "plot": lambda: plot.plot(src="do", title=NASTY, note="edit"),
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
    return json.loads(unquote(re.findall(r"`(.*)`", made.js_on_load or "")[0]))


def test_every_component_is_tried_here():
    named = {name for _, name, _ in pkgutil.iter_modules(components.__path__)} - {"widget", "sheet"}
    assert named <= set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_a_component_has_the_events_of_its_own_and_no_other(name):
    made, declared = MADE[name](), OWN.get(name, ())
    assert QUOTED.findall(made.js_on_load or "") == list(declared)
    assert all(callable(getattr(made, event)) for event in declared)


@pytest.mark.parametrize("lens", LENSES)
def test_the_panels_of_a_lens_are_drawn_by_functions_that_exist(lens):
    panels = [panel for row in LENSES[lens].panels for panel in row]
    for make in {panel.make for panel in panels}:
        assert re.search(rf"\bpg\.{make} *=", widget.head())
    views = [panel.view for panel in panels]
    assert len(views) == len(set(views))
    assert not QUOTED.findall(widget.widget("plot", "roles", **panels[0].fixed).js_on_load or "")


@pytest.mark.parametrize("event", OWN["bus"])
def test_the_bus_sends_each_of_its_events(event):
    sources = "".join((widget.STATIC / name).read_text("utf-8") for name in ("core/bus.js", "core/stream.js"))
    assert re.search(rf'"{event}"', sources)


@pytest.mark.parametrize("name", MADE)
def test_a_component_is_drawn_by_a_function_that_exists(name):
    called = re.findall(r"pg\.(\w+)(?:\(element|, `)", MADE[name]().js_on_load or "")
    assert [each for each in called if each != "widget"] == [name]
    assert re.search(rf"\bpg\.{name} *=", widget.head())


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
    """`pg.mount` takes the name from the component's properties, so that it cannot differ from that of the bus."""
    assert not re.search(r"pg\.mount\(['\"`]", widget.head())


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
        source = (widget.STATIC.parent / "playground" / "components" / f"{name}.py").read_text("utf-8")
        imported = set(re.findall(r"^from (playground[\w.]*|models[\w.]*)", source, re.M))
        assert imported <= {"playground.components.widget"}, module


FETCHES = re.compile(
    r"""(?:src|href)\s*=\s*["'`]?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|fetch\(\s*["'`]http|import\("""
)
ABSOLUTE = re.compile(r"""(?:fetch|sendBeacon)\?*\.?\(\s*["'`]/|["'`]/(?:gradio_api|pg)/""")


def test_the_head_fetches_nothing_from_outside():
    assert not FETCHES.search(widget.head())
    hosts = set(re.findall(r"https?://([\w.]+)", widget.head()))
    assert hosts <= {"www.w3.org"}, "only the name of the SVG namespace is an address"


def test_nothing_is_asked_from_the_root_of_the_host():
    """The app may stand behind a path of its own."""
    assert not ABSOLUTE.search(widget.head())
    assert ABSOLUTE.search("fetch('/pg/pulse')")


def test_storage_that_throws_is_asked_in_one_place():
    found = {
        file.name
        for file in widget.STATIC.rglob("*.js")
        if re.search(r"(?<!\")\b(?:session|local)Storage\b[.\[]", file.read_text("utf-8"))
    }
    assert not found, "use pg.stored and pg.store"


def test_presses_are_numbered_by_no_clock():
    assert "Date.now" not in widget.head()


@pytest.mark.parametrize(
    "bad", ["<script src='https://x.y/z.js'>", "url(//x.y/f.woff)", "@import 'a.css'", "fetch('http://x')"]
)
def test_what_would_be_fetched_is_noticed(bad):
    assert FETCHES.search(bad)


def test_every_file_of_static_travels_once_in_its_order():
    head = widget.head()
    files = [*widget.ordered(".css", widget.STYLES), *widget.ordered(".js", widget.FIRST)]
    assert {f.name for f in files} == {f.name for f in widget.STATIC.rglob("*") if f.suffix in (".css", ".js")}
    places = [head.index(f.read_text("utf-8")) for f in files]
    assert places == sorted(places)
    assert [f.name for f in files][:2] == ["tokens.css", "frame.css"]
    assert [f.name for f in files if f.suffix == ".js"][:2] == ["base.js", "bus.js"]


def test_first_values_stand_in_the_head_and_end_nothing():
    head = widget.head({"task": {"html": NASTY}})
    assert head.count("</script") == 1
    (text,) = re.findall(r"window\.PG_INITIAL = (.*);", head)
    assert json.loads(text) == {"task": {"html": NASTY}}


def test_a_closing_tag_in_a_script_is_refused(monkeypatch, tmp_path):
    for name in (*widget.STYLES, *widget.FIRST):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(widget, "STATIC", tmp_path)
    assert "<script>" in widget.head()
    (tmp_path / "core" / "a.js").write_text("'</script>'")
    with pytest.raises(ValueError, match="closing tag"):
        widget.head()
