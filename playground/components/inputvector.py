"""What an input vector is made of: strips of numbers that are added, their sum, and what the first norm makes of it."""

import gradio as gr

from playground.components.widget import widget


def inputvector(**props) -> gr.HTML:
    """One token's way into a stack, as strips of D cells ("JSON" is a JSON string).

    Value:

        step, running  of the run; null: no run, the model of the controls
        stacks, stack  JSON [[id, label]]; the one shown
        tokens, place  JSON [T] of the probe; the one chosen
        parts        JSON [strip] of token, segment and position vectors, in the order they are added;
                     a strip is {label, of, x: [D], norm, mean, variance}
        sum          JSON strip
        normed       JSON strip with {does, where}, or null
        norms        JSON {name: [T]} length of each part at every token
        boundary     first token of the second segment, T: none; null: a model without segments
        enters       where positions come in, if they are not added; or ""
        finding      JSON {title, html}

    Event (see playground/acts): see {place} or {stack} or {boundary} or {}, the last when it comes into sight and while
    the run goes on.
    """
    return widget("inputvector", **props)
