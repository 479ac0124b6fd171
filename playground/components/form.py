"""A form of control rows, made from field descriptions."""

from typing import Any

import gradio as gr

from playground.components.widget import widget


def form(
    title: str,
    kinds: dict[str, list[dict[str, Any]]],
    *,
    kind: dict[str, Any] | None = None,
    about: dict[str, tuple[str, list[str] | None]] | None = None,
    **gradio: Any,
) -> gr.HTML:
    """One form for a configuration, or for a union of them told apart by their kind.

    Args:
        title: name of the form, whose view is "form:<title>"; the label of the kind's row where `kind` gives none.
        kinds: fields by kind, {"": [...]} where there is only one. A field is
            name, path (sent back with an edit, as `at`), label, help, paper ([text, url] or None),
            live (acts without a restart),
            type: int | float | bool | choice | text | file,
            min, max (no slider without both), step, log, unit, advanced (behind "More: ..."),
            options ([[value, label], ...] or [value, label, why it cannot be chosen]),
            optional (an empty box means None), auto (what is shown in the empty box, "auto 16").
            A `file` field has the path of the text field that it fills; `max` is its limit in bytes (1,000,000).
        kind: {path, label, help, paper, options} of the row that selects the kind.
        about: a sentence and a paper per kind, shown under that row.
        gradio: elem_id and other arguments of `gr.HTML`.

    Value:
        kind: the kind chosen.
        values, defaults, running: {name: value} of the controls, of what the reset button returns to, and of the run.
        marks: JSON {name: [tone, sentence]}; the kind's row has the name "kind". Tones: "error" (what is wrong, why,
            what to do), "pending" (waits for a restart; with an empty sentence "Running with 4. Restart with 2" is made
            from `running`), "changed" (a live setting changed in this run: "Changed at step 480, was 0.").

        hidden: JSON [name, ...] of fields whose rows are not shown; optional.
        most: {name: where its linear slider ends}, for a field whose end is another setting; optional.

    The form appears with the first value that has `values`.

    Event (see playground/acts): edit {at, value, done}, at most every 80 ms while a slider is dragged, `done` at its
    release and for everything else. Numbers arrive as typed, inside the bounds or not.
    """
    renamed = {name: [unfiled(field) for field in fields] for name, fields in kinds.items()}
    props = {"title": title, "kinds": renamed, "kind": unfiled(kind or {}), "about": about or {}}
    return widget("form", f"form:{title}", **props, **gradio)


def unfiled(field: dict[str, Any]) -> dict[str, Any]:
    """The same description with `path` called `at`: Gradio takes any dictionary with a `path` for an uploaded file and
    refuses it with an error 500."""
    return {"at" if key == "path" else key: entry for key, entry in field.items()}
