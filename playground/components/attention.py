"""The attention lens: every head as a small picture, one head large, and what they do."""

import gradio as gr

from playground.components.widget import widget

EVENTS = ("look", "probe", "select", "ablate", "restore", "do")


def attention(value: dict | None = None, **props) -> gr.HTML:
    """Attention weights of one stack (decoder, encoder or cross-attention) on one probe.

    Value (L layers, H query heads, T queries, S keys; "JSON" marks a JSON string, so that Gradio's diff sends it whole):

        n, step       number of the frame; training step it shows
        which         id of the stack shown; "cross" when queries and keys are different sequences
        stacks        JSON [[id, label, why it cannot be shown or ""]]
        layers, heads L, H
        queries, keys JSON [token] of length T and S
        w             base64 of uint8, L*H*T*S row-major: round(sqrt(weight) * 254), 255 = masked
        big           base64 of little-endian uint16, T*S, of the selected head: round(weight * 65534), 65535 = masked; "" = none
        layer, head   the selected head
        info          JSON [{role: str, score: 0..1 | null, bits: entropy, back: mean distance in tokens}] of length L*H
        predicted     JSON [[token, probability] | null] of length T, or []
        probes, probe JSON [[id, label]]; id of the one shown ("own" = the visitor's text)
        error         sentence about the visitor's probe, shown beside it; optional
        ablation      JSON {title, text (html), layer, head} or "": result of running without that head
        finding       JSON {title, html}: html may hold <a data-do="head:0,3">, <a data-do="row:22">, <a data-do="step:548">
        empty         JSON {title, html} instead of all the rest: why there is nothing to show; optional
        every         steps between frames, for the heading; optional

    Events: look {which}; probe {id} or {text}; select {layer, head}; ablate {layer, head}; restore {};
    do {action} for links of the finding that the browser does not follow itself ("head:", "row:" and "lens:" it does).

    A `plot(slot="attention")` is shown under the mosaic.
    """
    return widget("attention", value, EVENTS, **props)
