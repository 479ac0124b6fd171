"""Two matrices side by side: the cosines of some words, one-hot and dense."""

import gradio as gr

from playground.components.widget import widget


def similar() -> gr.HTML:
    """Both share their words, colours and the cell that is looked at.

    Value:
        n: number of the value.
        typed: what stands in the box; error: a sentence about it, or "".
        words, classes: JSON, of each row.
        hot, dense: JSON [[cosine]].
        sizes: JSON [numbers per word one-hot, dense].
        kind: skip-gram | CBOW; where: which run the vectors are of.
        title, html: the finding.

    Events (see playground/acts): compare {text}, method {kind}; open: drawn for the first time.
    """
    return widget("similar")
