"""The bar of the word2vec tab: train and pause, how far and how fast, the losses, what waits for a restart."""

import gradio as gr

from playground.components.widget import widget


def wordbar() -> gr.HTML:
    """On a phone it is fixed at the bottom, with a button that opens the settings.

    Value:
        n: rises with every value sent; answers: the newest press (its n) that this value knows of.
        state: ready | running | paused | finished | stopped | refused.
        words, total: words read, and those of the whole run; epochs: how often the text is read.
        rate: words per second of both methods each, 0 where nothing runs; paced: whether the pace holds them back.
        loss: JSON [skip-gram, CBOW], nats per target, null before the first.
        note: what is wrong, or why it stopped; "" for nothing.
        pending: "window 5 → 2", what waits for a restart; "".

    Events (see playground/acts): play, pause, reset, again (restart with the controls); open: the bar has been drawn
    for the first time, and wants to know.
    """
    return widget("wordbar")
