"""The Compare page in one component: the bar, what is compared, the pictures side by side, the results."""

import gradio as gr

from playground.components.widget import widget


def compare(**props) -> gr.HTML:
    """Two to four variants ("JSON" is a JSON string).

    Value:

        setup    JSON {name, ready: [[id, label, hint]], match: [[what], chosen], seeds: [[count], chosen], full, few,
                 shared, lens, opened}; `shared` is a sentence of what all variants have, `lens` the picture to begin
                 with, `opened` whether the address has been read
        settings JSON [[path, label, type, [[value, label]]]] of the base, for a variant of one's own
        cards    JSON [{name, label, sub, sees, match, facts: [[label, number, unit, change]], removable,
                 experts}]; whether it can be removed, and whether the model has experts
        bar      JSON {state, notice, rate, step, last, total, looking, marks: [[step, text]]}
        maps     JSON [{step, own, layers, heads, layer, head, tokens, cut, cells, predicted, experts}], a variant each;
                 `own` where it is of the visitor's word
        word     JSON {text, own, past, ask, most, problem}: what the pictures are of, whether the visitor typed it,
                 whether a past step is seen, which has no picture of it, what may be typed, how many characters, and
                 what was wrong with the last
        at       JSON {layer, head, layers, heads, experts, seed}: what is looked at, and what there is; `seed` is
                 the one whose pictures are drawn, null where there is one alone
        results  JSON {columns, rows, name, title, note} or {}
        finding  JSON {title, html}
        problem  what could not be done, a sentence
        link     the newest link asked for

    Events (see playground/acts): choose {name}, match {name}, seeds {count}, include {at, value}, leave {index},
    look {layer, head, step}, word {text} (empty: the task's own), open {query}, link, play, pause, restart, save (every
    update as CSV). Plots of the slots "compare-accuracy" and "compare-loss" are shown inside.
    """
    return widget("compare", **props)
