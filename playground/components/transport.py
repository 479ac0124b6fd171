"""The transport: play and pause, the time line, the numbers of the run, the loss so far, sharing."""

import gradio as gr

from playground.components.widget import widget


def transport() -> gr.HTML:
    """The bar under the header; on a phone it is fixed at the bottom.

    Value:
        n: rises with every value sent.
        answers: the newest press (its n) that this value knows of; until then a button shows what was asked for.
        state: replay | ready | running | paused | past | diverged | finished.
        step, last, total: step shown, newest step kept, step where the run ends.
        marks: JSON [[step, text], ...], what was changed or happened.
        rate: tokens per second, 0 or None where nothing runs; device ("CPU"), threads ("1 thread · bf16"),
            why: the reason for that, shown on hover.
        loss, loss_label: number or None, and its name ("train loss").
        spark: 96 characters "0" (smallest) to "n" (largest), the loss from step 0 to `last`; "" for none.
        words: text under the step ("step · running"); "" for the state's own.
        reason: a short sentence instead of rate and device ("recorded, not running"); "" for none.
        more: steps that "Continue for N" adds when the run is finished.
        held: why the pictures are older than the bar ("Building 2 layers, 37,056 parameters."); "" if they are not.
        note: JSON {"tone": "error" | "info", "title", "text", "actions": [[event, label], ...]}, a strip under the bar;
            "" for none.
        runs: how many runs the session has; the header says it.
        history: what the kept pictures take ("History: 60 pictures, 3.2 of 32 MB"), shown on hover of the time line.
        link: address of the shared configuration, relative or absolute; the panel opens when one arrives.

    Events (see playground/acts):
        play (also "Train it now" and "Continue for N"), pause, step, reset, seek {step},
        fork (a run of its own goes on from the step shown), onward (the next kept picture; asked for until the end),
        link (the share button); of notes: halve, back, both.
    """
    return widget("transport", elem_id="tp")
