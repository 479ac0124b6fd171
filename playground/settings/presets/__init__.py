"""The chips of the page: named runs, what each one is there to show, and what to change next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.runs.run import RunConfig
from playground.settings.forms import change, ordered, plain, read
from playground.settings.presets.base import Preset
from playground.settings.presets.famous import FAMOUS
from playground.settings.presets.mixtures import MIXTURES
from playground.settings.presets.seconds import SECONDS

GROUPS = (SECONDS, FAMOUS, MIXTURES)
PRESETS: dict[str, Preset] = {preset.name: preset for group in GROUPS for preset in group}
FIRST = "induction"


def changed(name: str, changes: Mapping[str, Any]) -> RunConfig:
    """A preset with some settings changed, by dotted path; raises ValueError with a sentence for what does not fit."""
    values = raw(name)
    for path, value in ordered(changes):
        values = change(values, path, value)
    config, problems = read(values)
    if config is None:
        raise ValueError(" ".join(problems.values()))
    return config


def groups() -> list[list[Any]]:
    """[[title, [[name, label, hint], ...]], ...] for the chips."""
    return [[group[0].group, [[p.name, p.label, p.shows] for p in group]] for group in GROUPS]


def raw(name: str) -> dict[str, Any]:
    """The editable values of a preset; raises ValueError for an unknown name."""
    if name not in PRESETS:
        raise ValueError(f"There is no preset called {name!r:.40}. There are {', '.join(PRESETS)}.")
    return plain(PRESETS[name].config)
