"""What to try next on the Positions page, as links that set controls."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

Try = tuple[str, dict[str, Any], str]
"""(link, {path: value} that it sets, what then happens)."""


def listed(tries: Iterable[Try]) -> str:
    """Html of a list."""
    rows = (f"<li><a data-do='set:{json.dumps(changes)}'>{text}</a> {what}.</li>" for text, changes, what in tries)
    return f"<ul>{''.join(rows)}</ul>"
