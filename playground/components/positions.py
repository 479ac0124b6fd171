"""The Positions lens: what each head does with distance, while the model trains."""

import gradio as gr

from playground.components.widget import widget


def positions(*, view: str = "positions", **props) -> gr.HTML:
    """Mean attention weight and mean score of one stack's heads by distance, and what the scores are made of.

    Value (L layers, H heads, R distances, P rotated pairs; "JSON" is a JSON string; "floats" base64 of little-endian
    float32, NaN where no query sees that distance):

        n, step       number of the frame; training step it shows
        empty         JSON {title, html} instead of all the rest, or ""
        which, stacks as of `components.attention`; with layers = 0 (cross-attention) only finding and tools are shown
        probes, probe, text, ask, error  likewise
        layers, heads, layer, head  L, H; the selected head
        first         the first distance in tokens back; negative: ahead
        examples      how many of the probe's the means are over
        weights, even floats L*H*R and R: mean weights, and those of even attention
        signed        where the scale of weights ends that may be negative; 0: they are not
        info          JSON [[what the head does, R^2 of distance for its scores | null]] of length L*H
        terms         JSON [name]: the score, then what it is the sum of, if of more than one
        scores, spread  floats terms*R: means of the selected head; R: standard deviation of its score
        pairs         JSON {rows: [[name, tokens per turn | null, mean |contribution|]], top, untouched}, or ""
        cells         base64 of little-endian int16 P*R: contribution / top * 32767, -32768: unseen
        measures      JSON [[name, value, unit, small print, definition]]
        why, note     html: why there are no scores, or ""; how the position scheme enters them
        finding       JSON {title, html}; links data-do="at:layer,head" select a head here
        ablation      JSON {title, text} or ""

    Events (see playground/acts): look {which}; probe {id} or {text}; select {layer, head}; ablate {layer, head};
    restore {}; do {action}.

    Property `opens`: whether a button leads to the lens on the Playground.
    """
    return widget("positions", view, **props)
