"""The one component through which Gradio carries every value to the page and every event from it."""

import gradio as gr

from playground.components.widget import html


def bus() -> gr.HTML:
    """Hidden, and drawn before all others; outside of tabs and accordions, which mount late.

    Value: JSON text of one message; see static/core/bus.js, which says what messages hold.

    Events, with what they carry:
        attach {key, query: {name: text}, page: name of the page in sight, again, hidden}: a page load asks for its
            session.
        act {key, page, n, view, event, data, seen}: an event of a component.
        save: the same, answered with a file as well.
        watch {key, page, seen}: open the stream of frames; follow it with `streamed` of static/core/stream.js.
    """
    call = "/* 'attach' 'act' 'save' 'watch' */ part.bus(element, props, trigger, watch)"
    return html("bus", call, "", elem_id="bus", elem_classes=["w", "unseen"])
