"""Two maps of words side by side, the neighbours of the chosen one now and over time, and analogies."""

import gradio as gr

from playground.components.widget import widget


def wordlab() -> gr.HTML:
    """The maps move without being built anew; zoom, typed words and the table's order survive.

    Value:
        n, step: number of the value; words read.
        words: JSON [word, ...] on the maps, commonest first; "" for nothing to draw.
        counts, classes: JSON, of each word: how often it occurs, and its class or "".
        of: size of the vocabulary.
        left, right: places of skip-gram and CBOW, base64 of int16 pairs, 32767 is 1.
        shares: JSON [[x, y], [x, y]], share of the variance along the axes of each map.
        agreement: JSON [skip-gram, CBOW], share of neighbours of the same class, or null.
        hold: whether the axes stay as they are.
        word: the chosen word; unknown: a sentence about one that was asked for in vain.
        near: JSON of both methods [[word, cosine, class], ...].
        time: JSON [[words read, [word, ...] of skip-gram, [word, ...] of CBOW], ...].
        analogy: JSON {abc: [a, b, c], error, found: like near}.

    Events (see playground/acts): select {word}, look {hold}, analogy {a, b, c},
    save {what: word2vec | vectors | metadata, kind}.
    """
    return widget("wordlab")
