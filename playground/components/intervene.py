"""The Intervene lens: experiments that change one thing in the model, and what follows."""

import gradio as gr

from playground.components.widget import widget


def intervene(**props) -> gr.HTML:
    """One of a few experiments: inputs, Run, heat maps, the finding, the numbers ("JSON" is a JSON string).

    Value:

        n            number of the frame
        empty        JSON {title, html} instead of all the rest, or ""
        trials, trial  JSON [[id, label]]; the one shown
        does         html: what it does, and its paper
        fields       JSON [{name, label, options: [[id, label]], value, kind}]; kind: choice, select, place (a token)
        probes, probe  JSON [[id, label]], empty for an experiment without; the one in use
        tokens       JSON [token] of the probe, for inputs of the kind place
        state, done, words, tone  idle | running; share done; the words beside Run; "error" or ""
        again, step  whether there is a result; of which step
        finding      JSON {title, html}
        maps         JSON [{title, note, fig: a figure with one heat map, pick: what its cells are, or ""}]
        table        JSON {columns, rows, name, title} or ""
        note         on how many examples, with which errors
        bars         title of the chart in the slot "intervene-bars", or ""

    Events (see playground/acts): see {trial} or {name, value}; begin; halt; pick {which, layer, head}; probe {id};
    do {action}.
    """
    return widget("intervene", **props)
