"""The Embeddings lens: the vectors of the tokens moving while the model trains, and one token's way through it."""

import gradio as gr

from playground.components.widget import widget


def embeddings(**props) -> gr.HTML:
    """A table of V vectors as a map, and the residual stream of one example as paths ("JSON" is a JSON string).

    Value:

        n, step      number of the frame; the step of the vectors
        empty        JSON {title, html} instead of all the rest, or ""
        tables, table  JSON [[id, label]] of the tables there are; the one shown
        planes, axes, fitted  JSON [[id, label]] of the axes there are; those in use; the step they were fitted at
        share        JSON [x, y]: share of the variance along each axis
        width        dimensions
        words        JSON [V]
        xy           JSON V x [x, y]
        order        JSON rows to be joined by a line
        chosen       the row whose neighbours are told
        near         JSON [[row, cosine]], nearest first
        norm         JSON {norm, mean, moved | null, since | null} of the chosen row; mean: of all
        note         about the output matrix
        rows         JSON V x [norm, nearest, cosine, moved], at some frames only
        trail        JSON [[step, x, y]] of the chosen row, at some frames only
        path         JSON null | {stacks, stack, tokens: [T], place, xy: states x T x [x, y], share, fitted, step,
                     parts, rows: per state {name, norm, attention, cross, feed_forward, next, final}, post, note}
        probes, probe  JSON [[id, label]]; the one in use
        finding      JSON {title, html}
        files        JSON {n, name, vectors, metadata} after "save", or ""

    Events (see playground/acts): see {table} or {axes} or {stack} or {place} or {chosen}; probe {id}; save; do {action}
    of the finding's links.
    """
    return widget("embeddings", **props)
