"""A component drawn by a module of static/."""

import json
from typing import Any

import gradio as gr

from playground.components.static import COMPONENTS, PAGE

ENCODED = {ord(character): f"%{ord(character):02X}" for character in "%\"'`\\$"}
FAILED = "This part of the page could not be loaded. Reload the page."


def widget(
    make: str, view: str | None = None, *, value: Any = None, own_events: tuple[str, ...] = (), **props: Any
) -> gr.HTML:
    """A `gr.HTML` whose elements are made once, by the function `make` of a module of static/.

    Its values and events travel on the bus (static/core/bus.js): values under the name `view`, events to the table of
    that name in playground/acts. Gradio itself knows neither.

    Args:
        make: exported function, called with (element, props, trigger, watch).
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
    call = f"core.widget(element, part.{make}, `{fixed}`)"
    if own_events:
        declared = " ".join(repr(event) for event in own_events)
        call = f"/* {declared} */ core.gradioWidget(element, part.{make}, `{fixed}`, props, trigger, watch)"
    return html(make, call, value, elem_id=elem_id, elem_classes=classes)


def html(make: str, call: str, value: Any = None, **gradio: Any) -> gr.HTML:
    """An element that a script fills once; what is drawn in it is never Gradio's to redraw. Where a script cannot be
    fetched, the element says so.

    Args:
        make: function that draws it. Raises ValueError where no module exports one of this name.
        call: JavaScript that calls it: `core` is static/core/widget.js, `part` the module.
    """
    if make not in COMPONENTS:
        raise ValueError(f"No module of static/ exports a function {make!r} of (element, props, ...).")
    failed = (
        f"error => {{ console.error(error); (element.querySelector(`.mount`) ?? element).textContent = `{FAILED}`; }}"
    )
    names = f"core = modules[`core/widget.js`], part = modules[`{COMPONENTS[make]}`]"
    script = f"{PAGE}.then(({{ modules }}) => {{ const {names}; {call}; }}, {failed})"
    mount = "<div class='mount'></div>"
    return gr.HTML(value, html_template=mount, js_on_load=script, apply_default_css=False, **gradio)


def quoted(value: Any) -> str:
    """JSON for a template literal of a script, with what could end it percent-encoded, and every quote: a quoted word
    would be taken for the name of an event.
    """
    return json.dumps(value, ensure_ascii=False).translate(ENCODED)
