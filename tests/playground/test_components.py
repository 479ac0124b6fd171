"""Components: their events are those they declare, whatever stands in their properties, and nothing is fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import unquote

import gradio as gr
import pytest

from playground.components import (
    attention,
    column,
    finding,
    form,
    header,
    intervene,
    notes,
    plot,
    positions,
    predictions,
    published,
    replay,
    shelf,
    table,
    transport,
    widget,
    words,
)
from playground.settings.forms import accordions

NASTY = "'play' \"edit\" `go` </script> & ü %22link%22"
ROW = {"name": "a", "path": "a", "label": NASTY, "help": NASTY, "type": "int", "options": [["edit", "do"]]}

MADE: dict[str, tuple[Callable[[], gr.HTML], tuple[str, ...]]] = {
    "attention": (lambda: attention.attention({}), attention.EVENTS),
    "column": (lambda: column.column({}), ("preset", "restart", "fork", "undo")),
    "finding": (lambda: finding.finding({}), ("do",)),
    "form": (lambda: form.form(NASTY, {"": [ROW]}, {}, about={"x": (NASTY, None)}), ("edit",)),
    "header": (lambda: header.header([("play", NASTY)]), ("go",)),
    "intervene": (lambda: intervene.intervene({}), intervene.EVENTS),
    "notes": (lambda: notes.notes({}, view="play"), ("do",)),
    "plot": (lambda: plot.plot(src="do", title=NASTY, note="edit"), ()),
    "positions": (lambda: positions.positions({}, view=NASTY), positions.EVENTS),
    "predictions": (lambda: predictions.predictions({}), ("prompt", "do")),
    "published": (lambda: published.published({}, columns=[{"label": NASTY}], rows=[["go"]], help=NASTY), ()),
    "replay": (lambda: replay.replay({"on": True, "src": NASTY}), ()),
    "shelf": (lambda: shelf.shelf({"said": NASTY}), shelf.EVENTS),
    "table": (lambda: table.table({}, view="edit"), ()),
    "transport": (lambda: transport.transport({}), transport.EVENTS),
    "words": (lambda: words.words({"html": NASTY}, view="go"), ()),
}
QUOTED = re.compile(r"""['"`](\w+)(?=['"`])""")  # where Gradio looks for the names of events
SENT = ("halve", "back", "both")  # named by notes, not by the scripts


def properties(made: gr.HTML) -> dict:
    return json.loads(unquote(re.findall(r"pg\.fixed\(props, `(.*)`\)", made.js_on_load or "")[0]))


@pytest.mark.parametrize("name", MADE)
def test_a_component_has_the_events_it_declares_and_no_other(name):
    made, declared = MADE[name][0](), MADE[name][1]
    assert QUOTED.findall(made.js_on_load or "") == list(declared)
    assert all(callable(getattr(made, event)) for event in declared)


@pytest.mark.parametrize("name", MADE)
def test_a_component_is_drawn_by_a_function_that_exists(name):
    made = MADE[name][0]()
    called = re.findall(r"pg\.(\w+)\(element", made.js_on_load or "")[0]
    assert called == name
    assert re.search(rf"\bpg\.{name} *=", widget.head())


@pytest.mark.parametrize("name", MADE)
def test_every_event_is_triggered_somewhere_in_the_scripts(name):
    scripts = widget.head()
    for event in set(MADE[name][1]) - set(SENT):
        assert re.search(rf"""["'`]{event}["'`]|\b{event}:""", scripts), event


def test_properties_arrive_as_they_were_given():
    made = form.form(NASTY, {"": [ROW]}, {}, elem_id="f")
    assert properties(made)["title"] == NASTY
    assert made.elem_id == "f"
    assert "elem_id" not in properties(made)
    (field,) = properties(made)["kinds"][""]
    assert field == {("at" if key == "path" else key): value for key, value in ROW.items()}


def test_no_description_of_a_control_has_a_key_that_gradio_takes_for_a_file():
    for each in accordions():
        made = form.form(each.title, each.kinds, {}, kind={"path": f"{each.slot}.kind", "label": "Variant"})
        assert '"path"' not in json.dumps(properties(made))


@pytest.mark.parametrize("name", MADE)
def test_a_component_wears_the_class_that_the_styles_know(name):
    assert "w" in (MADE[name][0]().elem_classes or [])


FETCHES = re.compile(
    r"""(?:src|href)\s*=\s*["'`]?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|fetch\(\s*["'`]http|import\("""
)


def test_the_head_fetches_nothing_from_outside():
    assert not FETCHES.search(widget.head())
    hosts = set(re.findall(r"https?://([\w.]+)", widget.head()))
    assert hosts <= {"www.w3.org"}, "only the name of the SVG namespace is an address"


@pytest.mark.parametrize(
    "bad", ["<script src='https://x.y/z.js'>", "url(//x.y/f.woff)", "@import 'a.css'", "fetch('http://x')"]
)
def test_what_would_be_fetched_is_noticed(bad):
    assert FETCHES.search(bad)


def test_every_file_of_static_travels_once_in_its_order():
    head = widget.head()
    files = [*widget.ordered(".css", ("tokens.css", "frame.css")), *widget.ordered(".js", ("base.js",))]
    assert {f.name for f in files} == {f.name for f in widget.STATIC.iterdir() if f.suffix in (".css", ".js")}
    places = [head.index(f.read_text("utf-8")) for f in files]
    assert places == sorted(places)
    assert [f.name for f in files][:2] == ["tokens.css", "frame.css"]


def test_a_closing_tag_in_a_script_is_refused(monkeypatch, tmp_path):
    for name in ("tokens.css", "frame.css", "base.js"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(widget, "STATIC", tmp_path)
    assert "<script>" in widget.head()
    (tmp_path / "a.js").write_text("'</script>'")
    with pytest.raises(ValueError, match="closing tag"):
        widget.head()
