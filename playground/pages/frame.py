"""What all pages share: the visitors' sessions, the line for the cores, and how events are bound."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import gradio as gr

from playground.visitors.session import Session
from playground.visitors.sessions import Sessions, keep_sweeping
from playground.workers.slots import Slots

SESSIONS = Sessions()
SLOTS = Slots(max(1, min(8, os.cpu_count() or 1)))

PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
NOW: dict[str, Any] = {"queue": False, **PRIVATE}
"""Short handlers skip the queue."""


def session_of(request: gr.Request) -> Session:
    """The visitor's session."""
    return SESSIONS.of(str(request.session_hash))


def sweep(demo: gr.Blocks) -> None:
    """Free abandoned runs, and what is kept of closed pages, from now on."""
    keep_sweeping(SESSIONS.sweep, partial(forget, demo))


def forget(demo: gr.Blocks) -> int:
    """Free Gradio's own copies of the last value of each component, which it keeps for pages that were closed, too;
    returns how many pages were forgotten.
    """
    holder = getattr(demo, "state_holder", None)  # none before it is launched
    if holder is None:
        return 0
    with holder.lock:
        closed = [tab for tab, state in list(holder.session_data.items()) if state.is_closed]
        for tab in closed:
            del holder.session_data[tab]
            holder.time_last_used.pop(tab, None)
    return len(closed)
