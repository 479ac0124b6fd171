"""The stored replay that a first visitor sees before any compute: a real run, recorded by `python -m
playground.acts.replay`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from playground.lenses import LENSES
from playground.views import transport
from playground.visitors.session import Session

FILE = Path(__file__).parents[2] / "static" / "replay.json"
FRAMES, EVERY = 35, 10  # pictures, and steps between them


def record() -> dict[str, Any]:
    """Train the first preset and keep what the page would have shown: frames that move, and stills of the other
    lenses.
    """
    session = Session()
    run = session.start()
    frames = [_frame(session)]
    for _ in range(FRAMES):
        for _ in range(EVERY):
            run.advance()
        frames.append(_frame(session))
    learned = LENSES["learning"].value(session, True)
    predicted = LENSES["predictions"].value(session, True)["predictions"]
    stills = {**learned, "predictions": {**predicted, "prompt": '""'}}
    first = frames[0]
    return {"base": first, "frames": [_changes(first, frame) for frame in frames], "stills": stills}


def _frame(session: Session) -> dict[str, dict[str, Any]]:
    session.start()
    bar = {
        **transport.value(session),
        "state": "replay",
        "reason": "recorded, not running",
        "rate": 0,
        "device": "",
        "threads": "",
        "why": "",
        "words": "",
    }
    seen = LENSES["attention"].value(session, True)
    return {"transport": bar, **seen, "attention": seen["attention"] | {"big": ""}}


def _changes(base: dict[str, dict[str, Any]], frame: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {k: v for k, v in part.items() if v != base[name].get(k)} for name, part in frame.items()}


@lru_cache(maxsize=1)
def stored() -> dict[str, Any]:
    """The recording."""
    return json.loads(FILE.read_text("utf-8"))


if __name__ == "__main__":
    FILE.write_text(json.dumps(record(), ensure_ascii=False, separators=(",", ":")), "utf-8")
    print(f"{FILE.name}: {FILE.stat().st_size / 1e3:.0f} kB")
