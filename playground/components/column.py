"""The configuration column apart from its controls: presets, architecture card, what waits for a restart."""

import gradio as gr

from playground.components.widget import widget


def column() -> gr.HTML:
    """Belongs at the top of `gr.Column(elem_id="cfg")`; accordions below have `elem_id="acc-<name>"` and
    `elem_classes=["acc"]`.

    Value:
        preset: id of the chosen preset, "" when the configuration is none of them.
        groups: JSON [[title, [[id, label, hint], ...]], ...], the presets.
        card: JSON [[label, value, value after a restart | "", unit], ...], numbers as text ("37,056").
        parts: JSON [[name, share], ...], where the parameters are; shares of any sum.
        parts_text: the line under the bar of the parts; "" for names and percentages.
        n_pending, pending: how many changes wait for a restart, and what they are
            ("key/value heads 4 → 2. The run goes on with 4 until then.").
        blocked: why the changes cannot be restarted with now ("The learning rate is not a number."); the button is then
            disabled and the sentence stands below the note. Optional.
        lines: JSON {name: text}, what each closed accordion says.

    Events (see playground/acts): preset {name}, restart, fork (with what waits, at the step shown), undo.
    """
    return widget("column", elem_id="card")
