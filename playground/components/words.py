"""A few sentences beside controls: what a task asks, what a run may use."""

from typing import Any

import gradio as gr

from playground.components.widget import widget


def words(value: dict[str, Any], *, view: str) -> gr.HTML:
    """Value: {html}; simple tags only, `<span class="mono">` for examples. `view` is its name in `pg.view`."""
    return widget("words", value, (), view=view)
