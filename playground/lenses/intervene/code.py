"""The experiment shown, in Python."""

from __future__ import annotations

from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.lens import Code
from playground.visitors.session import Session


def imports(session: Session) -> list[str]:
    return session.of(InterveneChoices).python(session.run)[0]


def numbers(session: Session) -> list[str]:
    return session.of(InterveneChoices).python(session.run)[1]


def step(session: Session) -> int:
    """When it was pressed."""
    run = session.start()
    done = session.of(InterveneChoices).python(run)[2]
    return run.step if done is None else done


CODE = Code(imports, numbers, step, back=False)
