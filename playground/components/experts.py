"""The Experts lens: loads against capacity, now and over training, tokens by expert, sums, what experts are for."""

import gradio as gr

from playground.components.widget import widget


def experts(**props) -> gr.HTML:
    """Routing of one layer of a mixture of experts (E experts; "JSON" is a JSON string).

    Value:

        n, step     number of the frame; the update it shows
        empty       JSON {title, html} instead of all the rest, or ""
        names, layer  JSON [name of each layer with experts]; index of the one shown
        on          "batch" (of the last update) or "probe"
        shows, show JSON [[id, label]] of the pictures there are; the one shown
        experts, expert  E; the expert selected
        load        JSON {demand, load, probs: [E], capacity | null, uniform, tokens, choices}
        heat        JSON {cells: base64 of uint8 E*W row-major, load ÷ uniform, 0 to 2 as 0 to 254; steps: [W]}
        marks       JSON [[step, text]]
        measures    JSON [[name, value, unit, small print, definition]]
        lines       JSON [{label, tokens: [{t, e: experts, g: gates, s: seats, k: kept 0|1, n: choices, d: dropped,
                    p: [[expert, prob]]}]}]; experts and what follows of the heaviest four
        probs       JSON {label, cells: base64 of uint8 E*T, round(sqrt(p) * 254); tokens: T}
        sums        JSON [[name, html]]
        special     JSON {by, labels, rows: [[expert, share..., tokens, mostly]]}
        devices     JSON {sentence, rows: [[device, experts, choices, share]], uniform} or ""
        costs       JSON {values: layers x E, top, names, said} or {} or ""
        finding     JSON {title, html}
        ablation    JSON {title, text} or ""

    Events (see playground/acts): see {layer} or {on} or {show} or {expert} or {line}; remove {expert}; force {expert};
    restore {}; price {}; do {action} of the finding's links.

    Plots of the slots "experts-ways" and "experts-told" are shown inside.
    """
    return widget("experts", **props)
