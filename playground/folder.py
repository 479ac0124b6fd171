"""Where what has to outlive a process is written down. The page's process knows it too: nothing heavy is imported."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The app's folder in the user's cache: what was measured of this machine."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(cache) if cache else Path.home() / ".cache") / "transformer-playground"


def data_folder() -> Path:
    """PLAYGROUND_DATA, or the app's folder in the user's cache: sessions."""
    named = os.environ.get("PLAYGROUND_DATA")
    return Path(named).expanduser() if named else cache_folder()
