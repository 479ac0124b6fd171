"""Where what has to outlive a process is written down. Known to the page's process too, so nothing heavy is imported here."""

from __future__ import annotations

import os
from pathlib import Path


def data_folder() -> Path:
    """PLAYGROUND_DATA, or a folder in the user's cache."""
    named = os.environ.get("PLAYGROUND_DATA")
    if named:
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(cache) if cache else Path.home() / ".cache") / "transformer-playground"
