"""What a task is, in words: its description, examples of the configuration being edited, what counts as right."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

from playground.tasks.base import TaskConfig, Topology
from playground.visitors.session import Session
from playground.wording import percent

EXAMPLES, LONGEST = 3, 160  # lines of a preview, and characters of one


def value(session: Session) -> dict[str, Any]:
    """Of the panel `words`."""
    task = session.config.task
    return {"html": described(task, session.config.model.topology)}  # type: ignore[arg-type]  # frozen: hashable


@lru_cache(maxsize=8)
def described(config: TaskConfig, topology: Topology) -> str:
    """Description, sample lines (what is read ⇒ what is wanted), meaning, accuracy, chance, floor."""
    task = config.build()
    lines = "".join(
        f'<span class="mono">{escape(line[:LONGEST])}{"…" if len(line) > LONGEST else ""}</span>'
        for line in (each.replace("\n", "↵") for each in task.sample(EXAMPLES, topology))
    )
    floor = "" if task.floor is None else f" The loss can fall to {task.floor:.2f}."
    return (
        f"<p>{escape(task.description)}</p><p>{lines}</p><p>{escape(task.meaning[topology])}</p>"
        f"<p>Accuracy: {escape(task.accuracy[0].lower() + task.accuracy[1:])} "
        f"Chance: {percent(task.chance)}.{floor}</p>"
    )
