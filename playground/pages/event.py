"""What the browser sent with an event. Any JSON may arrive over HTTP, so every field is checked here."""

from __future__ import annotations

import math
from typing import Any

import gradio as gr


def sent(event: gr.EventData, name: str, default: Any = None) -> Any:
    """A field of what was sent; the caller checks it."""
    data = getattr(event, "_data", None)
    return data.get(name, default) if isinstance(data, dict) else default


def number(event: gr.EventData, name: str, low: int, high: int, default: int = 0) -> int:
    """A whole number, forced into its bounds."""
    value = sent(event, name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return default
    return int(max(low, min(high, value)))


def real(event: gr.EventData, name: str, default: float) -> float:
    """A number; NaN for anything else, so that its own check refuses it."""
    value = sent(event, name, default)
    try:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    except OverflowError:  # JSON allows whole numbers of any length
        return math.nan


def press(event: gr.EventData) -> int:
    """The rising number that every press of the transport carries."""
    return number(event, "n", 0, 2**53)
