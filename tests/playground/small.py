"""Sessions small enough to train in a test; for the type checker Any, because their run is there."""

from __future__ import annotations

from typing import Any

from playground.settings.forms import plain
from playground.settings.presets import changed
from playground.visitors.session import Session

TINY: dict[str, Any] = {
    "model.width": 16,
    "model.attention.heads": 2,
    "training.batch": 4,
    "training.examples": 16,
    "training.evaluate_every": 5,
    "training.record_every": 5,
}


def tiny(preset: str = "induction", **changes: Any) -> Any:
    """A session with a small version of a preset; `task__length=8` changes task.length."""
    session = Session()
    session.adopt(preset)
    wanted = TINY | {name.replace("__", "."): value for name, value in changes.items()}
    if wanted.get("model.attention.kind") == "none":
        del wanted["model.attention.heads"]
    session.load(plain(changed(preset, wanted)))
    assert not session.problems
    return session


def trained(steps: int, preset: str = "induction", **changes: Any) -> Any:
    """The same after some steps."""
    session = tiny(preset, **changes)
    for _ in session.start().train(steps):
        pass
    return session
