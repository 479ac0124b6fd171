"""The Positions lens: what each head does with distance, while the model trains."""

from __future__ import annotations

import json
from typing import Any

from playground.session import Posed, Session


def value(session: Session, posed: Posed) -> dict[str, Any]:
    """See `components.positions`."""
    session.sent += 1
    finding = {"title": "positions", "html": ""}
    return {"n": session.sent, "step": posed.step, "finding": json.dumps(finding)}
