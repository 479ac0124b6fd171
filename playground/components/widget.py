"""A component drawn by our own JavaScript, and the styles and scripts the page needs for it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

STATIC = Path(__file__).resolve().parents[2] / "static"
FIRST = ("core/base.js", "core/bus.js")
STYLES = ("styles/tokens.css", "styles/frame.css")
LAYERS = ("styles", "core", "controls", "charts", "lenses", "laboratories", "pages")
"""Folders of static/; each uses those before it."""


def widget(
    make: str, view: str | None = None, *, value: Any = None, own_events: tuple[str, ...] = (), **props: Any
) -> gr.HTML:
    """A `gr.HTML` whose elements are made once, by the function `pg.<make>` of static/.

    Its values and events travel on the bus (static/core/bus.js): values under the name `view`, events to the table of that
    name in playground/acts. Gradio itself knows neither.

    Args:
        make: function of the JavaScript namespace `pg`, called with (element, props, trigger, watch).
        view: name of its values and events; one per component of the app. That of the function by default; "" where
            there are none.
        value: with `own_events`: what is drawn, as Gradio's own value.
        own_events: events that Gradio itself is to hear instead, because only the browser answers them. Gradio finds
            them as quoted words in the script, so they must stand there; none may be the name of an attribute of the
            component (`key`, `label`, `page`).
        props: what does not change: the script reads it as `props.<key>`. `elem_id` and `elem_classes` are Gradio's
            own. It travels inside the script, because Gradio 6.31 drops the properties of a gr.HTML in an unvisited
            tab or closed accordion as soon as an event that could write it leaves it out.

    Returns:
        The component; of an own event, `component.<event>(...)` binds a handler.
    """
    classes, elem_id = ["w", *props.pop("elem_classes", [])], props.pop("elem_id", None)
    fixed = quoted({"view": make if view is None else view, **props})
    script = f"pg.widget(element, pg.{make}, `{fixed}`)"
    if own_events:
        declared = " ".join(repr(event) for event in own_events)
        script = f"/* {declared} */ pg.{make}(element, pg.fixed(props, `{fixed}`), trigger, watch)"
    return html(script, value, elem_id=elem_id, elem_classes=classes)


def html(script: str, value: Any = None, **gradio: Any) -> gr.HTML:
    """An element that the script fills once; what is drawn in it is never Gradio's to redraw."""
    mount = "<div class='mount'></div>"
    return gr.HTML(value, html_template=mount, js_on_load=script, apply_default_css=False, **gradio)


def quoted(value: Any) -> str:
    """JSON for a script, percent-encoded: a quoted word would be taken for the name of an event."""
    return quote(json.dumps(value))


def ordered(suffix: str, first: tuple[str, ...]) -> list[Path]:
    """Files of static/ with this suffix: those named first in their order, then the others by layer and name."""
    begin = [STATIC / name for name in first]
    files = [file for layer in LAYERS for file in sorted((STATIC / layer).rglob(f"*{suffix}"))]
    return begin + [file for file in files if file not in begin]


def head(initial: dict[str, dict[str, Any]] | None = None) -> str:
    """Styles and scripts for `launch(head=...)`: tokens.css, frame.css and the others by name; base.js, bus.js and the
    others by name. Each script is wrapped in a function of its own, so that its top-level names stay private.

    Args:
        initial: {view: value} that the page draws before the server has said anything.
    """
    styles = "\n".join(file.read_text("utf-8") for file in ordered(".css", STYLES))
    scripts = "\n".join(
        f"(() => {{ // {file.name}\n{file.read_text('utf-8')}\n}})();" for file in ordered(".js", FIRST)
    )
    if "</script" in scripts or "</style" in styles:
        raise ValueError("A file of static/ contains a closing tag that would end its own block.")
    values = json.dumps(initial or {}).replace("<", "\\u003c")  # a value may hold a closing tag
    return (
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<style>\n{styles}\n</style><script>\nwindow.PG_INITIAL = {values};\n{scripts}\n</script>"
    )
