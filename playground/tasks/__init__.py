"""The tasks a model can be trained on. To add one: a file with its config and its task, and a line in `TASKS`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.config import slot
from playground.tasks.base import IGNORE, TOPOLOGIES, Batch, Probe, Split, Task, TaskConfig, Topology
from playground.tasks.brackets import Brackets
from playground.tasks.copy import Copy
from playground.tasks.induction import Induction
from playground.tasks.modular_addition import ModularAddition
from playground.tasks.reverse import Reverse
from playground.tasks.sort import Sort
from playground.tasks.tagged import Tagged
from playground.tasks.text import Text

TASKS: dict[str, type[TaskConfig]] = {
    "induction": Induction,
    "copy": Copy,
    "reverse": Reverse,
    "sort": Sort,
    "modular_addition": ModularAddition,
    "brackets": Brackets,
    "tagged": Tagged,
    "text": Text,
}

if TYPE_CHECKING:
    AnyTask = TaskConfig
else:
    AnyTask = slot(TASKS)

__all__ = [
    "IGNORE",
    "TASKS",
    "TOPOLOGIES",
    "AnyTask",
    "Batch",
    "Probe",
    "Split",
    "Task",
    "TaskConfig",
    "Topology",
]
