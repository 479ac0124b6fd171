"""A component drawn by our own JavaScript, and the styles and scripts the page needs for it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

STATIC = Path(__file__).resolve().parents[2] / "static"


def widget(name: str, value: Any = None, events: tuple[str, ...] = (), **props: Any) -> gr.HTML:
    """A `gr.HTML` whose elements are made once, by the function `pg.<name>` of static/<name>.js.

    Args:
        name: function of the JavaScript namespace `pg`, called with (element, props, trigger, watch).
        value: what is drawn; small JSON. Fields that are JSON texts are parsed only when they change.
        events: names the component triggers. Gradio finds them as quoted words in the script, so they must stand
            there; none may be the name of an attribute of the component (`key`, `label`, `page`).
        props: what does not change: the script reads it as `props.<key>`. `elem_id` and `elem_classes` are Gradio's
            own. It travels inside the script, because Gradio 6.31 drops the properties of a gr.HTML in an unvisited
            tab or closed accordion as soon as an event that could write it leaves it out.

    Returns:
        The component; `component.<event>(...)` binds a handler that gets `gr.EventData`.
    """
    declared = " ".join(repr(event) for event in events)
    classes, elem_id = ["w", *props.pop("elem_classes", [])], props.pop("elem_id", None)
    fixed = quote(json.dumps(props))  # percent-encoded: a quoted word would be taken for the name of an event
    return gr.HTML(
        value,
        html_template="<div class='mount'></div>",
        js_on_load=f"/* {declared} */ pg.{name}(element, pg.fixed(props, `{fixed}`), pg.held(trigger), watch)",
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=classes,
    )


def ordered(suffix: str, first: tuple[str, ...]) -> list[Path]:
    """Files of static/ with this suffix: those named first in their order, then the others by name."""
    files = sorted(STATIC.glob(f"*{suffix}"))
    return [STATIC / name for name in first] + [file for file in files if file.name not in first]


def head() -> str:
    """Styles and scripts for `launch(head=...)`: tokens.css, frame.css and the others by name; base.js and the others
    by name. Each script is wrapped in a function of its own, so that its top-level names stay private."""
    styles = "\n".join(file.read_text("utf-8") for file in ordered(".css", ("tokens.css", "frame.css")))
    scripts = "\n".join(
        f"(() => {{ // {file.name}\n{file.read_text('utf-8')}\n}})();" for file in ordered(".js", ("base.js",))
    )
    if "</script" in scripts or "</style" in styles:
        raise ValueError("A file of static/ contains a closing tag that would end its own block.")
    return (
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<style>\n{styles}\n</style><script>\n{scripts}\n</script>"
    )
