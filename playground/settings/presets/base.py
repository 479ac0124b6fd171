"""What a preset is, and the short way to write one."""

from __future__ import annotations

from typing import Any, NamedTuple

from models.presets import PRESETS as MODELS
from playground.runs.run import RunConfig


class Preset(NamedTuple):
    """A named run. `shows` says in two sentences what to look at; `tries` are (link text, changes, what happens)."""

    name: str
    label: str
    group: str
    config: RunConfig
    shows: str
    tries: tuple[tuple[str, dict[str, Any], str], ...] = ()
    source: tuple[str, str] | None = None
    lens: str = ""
    """The lens to turn to; empty: the one in sight stays."""
    layer: int | None = None
    """Which of the layers with experts is shown first; None: the last."""
    rivals: tuple[tuple[str, dict[str, Any]], ...] = ()
    """(name, changes) of what the preset compares, itself included; findings/verdicts.py trains each over seeds."""


def run(model: str, task: dict[str, Any], *, change: dict[str, Any] | None = None, **training: Any) -> RunConfig:
    """A run of one of the core's named models."""
    base = MODELS[model].model_dump(exclude={"vocab", "context"})
    return RunConfig.model_validate({"model": {**base, **(change or {})}, "task": task, "training": training})
