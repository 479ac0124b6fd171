"""The predictions lens: unseen examples with the model's answers, and a prompt of the visitor's own."""

import gradio as gr

from playground.components.widget import widget


def predictions(**props) -> gr.HTML:
    """Examples as rows of tokens, right and wrong answers marked, and a continuation of a prompt.

    Value:

        n, step   number of the frame; training step it shows
        finding   JSON {title, html}
        examples  JSON [{exact: bool, cells: [{t: token, role: "prompt" | "answer" | "target", right: bool, want: token,
                  top: [[token, probability]] the five likeliest}]}]; right and want only where something is scored
        ask       what to type as a prompt, shown in the empty box ("letters a to z, such as copy:"); optional
        fills     the sign of a blank where the model fills the blanks of a prompt (encoder-only); "" where it goes on
        prompt    JSON {text, continuation: [{t, p: probability, top}], error: sentence or ""}, or "" for no prompt

    Events (see playground/acts): prompt {text, temperature, top_k (0 = off), top_p, length}; do {action} for links of
    the finding.
    """
    return widget("predictions", **props)
