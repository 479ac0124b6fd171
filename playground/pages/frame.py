"""What all pages share: the visitors' sessions, the line for the cores, and how events are bound."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from playground.session import Session
from playground.sessions import Sessions, keep_sweeping
from playground.slots import Slots

SESSIONS = Sessions()
SLOTS = Slots(max(1, min(8, os.cpu_count() or 1)))

PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
NOW: dict[str, Any] = {"queue": False, **PRIVATE}
"""Short handlers skip the queue."""


def session_of(request: gr.Request) -> Session:
    """The visitor's session."""
    return SESSIONS.of(str(request.session_hash))


def sweep() -> None:
    """Free abandoned runs from now on."""
    keep_sweeping(SESSIONS)
