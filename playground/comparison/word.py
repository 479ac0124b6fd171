"""The input that all variants are looked at through: the task's own, or a word of the visitor's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from playground.runs.probe import Probe, probe
from playground.runs.run import Run
from playground.tasks.base import IGNORE, Batch, Task, TaskConfig, Topology

LONGEST = 400  # characters


class Asked(NamedTuple):
    """What a task offers to be looked at through."""

    written: str
    """The first example of its own probe, as a visitor would type it."""
    ask: str
    """What else may be typed."""


def answer(batch: Batch) -> int:
    """Where the answer of the first example begins, 0 where the whole of it is one."""
    scored_T = batch.targets_BT[0] != IGNORE
    first = int(scored_T.int().argmax())
    return first if bool(scored_T[first:].all()) else 0


@lru_cache(maxsize=32)
def asked(config: TaskConfig) -> Asked:
    """What a task offers."""
    task = config.build()
    batch = task.probe("decoder-only")
    ids = batch.ids_BT[0].tolist()
    ids = ids[: answer(batch)] or ids
    whole = [*ids, int(batch.targets_BT[0, -1])]
    closed = len(ids) == batch.ids_BT.shape[1] and whole[-1] != IGNORE and _reads(task, task.decode(whole))
    return Asked(task.decode(whole if closed else ids), task.ask)


def _reads(task: Task, text: str) -> bool:
    try:
        return bool(task.read(text).numel())
    except ValueError:
        return False


def check(text: str, config: TaskConfig, topologies: Sequence[Topology]) -> None:
    """Raise ValueError with a sentence for a word that one of the topologies cannot be shown."""
    if len(text) > LONGEST:
        raise ValueError(f"A word has up to {LONGEST} characters; this one has {len(text):,}.")
    task = config.build()
    for topology in set(topologies):
        task.probe(topology, text)


def seen(run: Run, text: str) -> Probe:
    """The word as this run's model reads it."""
    return probe(run.task.probe(run.topology, text))
