"""The numbers of every step in Python."""

from __future__ import annotations

from playground.lenses.lens import Code, newest_step
from playground.visitors.session import Session


def evaluated(session: Session) -> list[str]:
    """The numbers of every step."""
    return [
        "",
        "print(run.history.frame())  # one row per step: loss, accuracy, gradient norm, learning rate",
        "print(run.evaluate())       # on held-out examples",
    ]


CODE = Code(lambda session: [], evaluated, newest_step, back=False)
