"""The attention lens: every head as a small picture, one head large, and what they do."""

import gradio as gr

from playground.components.widget import widget


def attention(**props) -> gr.HTML:
    """Attention weights of one stack (decoder, encoder or cross-attention) on one probe.

    Value (L layers, H query heads, T queries, S keys; "JSON" is a JSON string, which Gradio's diff sends in one piece):

        n, step       number of the frame; training step it shows
        which         id of the stack shown; "cross" when queries and keys are different sequences
        stacks        JSON [[id, label, why it cannot be shown or ""]]
        layers, heads L, H; with L = 0 only the finding is shown
        queries, keys JSON [token] of length T and S
        w             base64 of uint8, L*H*T*S row-major: round(sqrt(weight) * 254), 255 = masked
        big           base64 of little-endian uint16, T*S, of the selected head: round(weight * 65534), 65535 = masked;
                      "" = none, the map is then drawn from w
        signed        where the scale of weights ends that may be negative, left out for others: then w has
                      127 + round(sign(weight) * sqrt(|weight| / signed) * 127), and
                      big 32767 + round(weight / signed * 32767)
        layer, head   the selected head
        info          JSON [{role: str, score: 0..1 | null, bits: entropy | null, back: mean distance in tokens}],
                      of length L*H
        predicted     JSON [[token, probability] | null] of length T, or []
        probes, probe JSON [[id, label]]; id of the one shown ("own" = the visitor's text)
        text          the probe as a visitor would type it, offered for editing; the joined queries when left out
        ask           what to type as a probe of one's own, shown in the empty input; optional
        error         sentence about the visitor's probe, shown beside it; optional
        ablation      JSON {title, text (html), layer, head} or "": result of running without that head
        finding       JSON {title, html}: html may hold <a data-do="..."> with "head:0,3", "row:22", "lens:positions" or
                      any other action; tags other than simple text markup are removed
        empty         JSON {title, html} instead of all the rest: why there is nothing to show; optional
        every         steps between frames, for the heading; optional

    Events (see playground/acts): look {which}; probe {id} or {text}; select {layer, head}; ablate {layer, head};
    restore {}; do {action} for links of the finding that the browser does not follow itself ("head:", "row:" and
    "lens:" it does).

    A `plot(slot="attention")` is shown under the mosaic.
    """
    return widget("attention", **props)
