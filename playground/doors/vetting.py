"""What Gradio would answer with a fault of its own: events that there are not, values that are missing, files that are
not here. Told as sentences before it sees them; and no file is fetched from elsewhere for whoever asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

GONE = "This file is not here any more. Choose it again."
FILE = "gradio.FileData"


def event(app: Any, sent: Any, folder: Path) -> str:
    """Why an event, as its JSON names it, cannot be handled, or ""; `app` is Gradio's, uploads lie in `folder`."""
    if not isinstance(sent, dict):
        return ""  # Gradio says what is expected
    handler = app.get_blocks().fns.get(_whole(sent.get("fn_index")))
    if handler is None or not handler.fn:
        return "There is no such event. Reload the page."
    data = sent.get("data")
    if not isinstance(data, list):
        return ""
    if len(data) < len(handler.inputs):
        return f"Of {len(handler.inputs)} values, {len(data)} came."
    if not all(map(_taken, handler.inputs, data)):
        return "This event has other values."
    if any(not here(file, folder) for file in files(sent)):
        return GONE
    return ""


def stream(app: Any, query: bytes) -> str:
    """Why there is nothing to hear, or ""."""
    names = parse_qs(query.decode("latin-1")).get("session_hash", [])
    waiting = app.get_blocks()._queue.pending_messages_per_session
    return "" if not names or names[-1] in waiting else "Nothing is under way for this page. Reload it."


def _whole(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _taken(block: Any, value: Any) -> bool:
    """Whether a component takes a value of this kind."""
    model = getattr(block, "data_model", None)
    if model is None or value is None:
        return True
    try:
        model.model_validate(value)
    except ValueError:
        return False
    return True


def files(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every file that some JSON names."""
    if isinstance(value, dict):
        meta = value.get("meta")
        if "path" in value and isinstance(meta, dict) and meta.get("_type") == FILE:
            yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from files(inner)


def here(file: Mapping[str, Any], folder: Path) -> bool:
    """Whether it was uploaded and is still there."""
    path = file["path"]
    try:
        return (
            isinstance(path, str)
            and Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
            and Path(path).is_file()
        )
    except (OSError, ValueError):  # too long, or with a character that no path has
        return False
