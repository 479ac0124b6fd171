"""What the browser sent with an event. Any JSON may arrive over HTTP, so every field is checked here."""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Event(NamedTuple):
    """One event of a component: its fields, and the bytes of an uploaded file."""

    data: dict[str, Any]
    file: bytes = b""

    def get(self, name: str, default: Any = None) -> Any:
        """A field; the caller checks it."""
        return self.data.get(name, default)

    def text(self, name: str, longest: int, default: str = "") -> str:
        """A text, cut to a length."""
        value = self.data.get(name, default)
        return str(value)[:longest] if isinstance(value, (str, int, float)) else default

    def number(self, name: str, low: int, high: int, default: int = 0) -> int:
        """A whole number, forced into its bounds."""
        value = self.data.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            return default
        return int(max(low, min(high, value)))

    def real(self, name: str, default: float) -> float:
        """A number; NaN for anything else, so that its own check refuses it."""
        value = self.data.get(name, default)
        try:
            return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
        except OverflowError:
            return math.nan
