"""The runs that are compared: a base, and others named by what they change in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from playground.runs.run import RunConfig
from playground.settings import presets
from playground.settings.differences import differences
from playground.settings.forms import change, leaf, ordered, plain, read

LEAST, MOST = 2, 4
SEEDS = 5


class Variant(NamedTuple):
    """One side of a comparison."""

    name: str
    """What it changes in the base, "position: learned → RoPE"; the base by what it is."""
    label: str
    """A word or two for the end of a curve."""
    config: RunConfig
    file: bytes = b""
    """A run to go on with (see `archive`), in place of a new one."""


def changed(base: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """The base with controls changed, by dotted path; raises ValueError with a sentence for what does not fit."""
    raw = plain(base)
    for path, value in ordered(changes):
        raw = change(raw, path, value)
    config, problems = read(raw)
    if config is None:
        raise ValueError(next(iter(problems.values())))
    return config


def variant(base: RunConfig, config: RunConfig, label: str = "") -> Variant:
    """A run named by its differences from the base."""
    parts = differences(base, config)
    if not parts:
        kind = leaf(plain(base), "model.topology")
        return Variant(f"{label or kind} (base)", label or str(kind), config)
    name = "; ".join(f"{what}: {old} → {new}" for what, old, new in parts)
    what, _, new = parts[0]
    return Variant(name, label or (new if new[:1].isalpha() and new not in ("on", "off") else f"{what} {new}"), config)


def check(variants: Sequence[RunConfig]) -> None:
    """Raise ValueError where runs cannot be compared batch by batch."""
    if not LEAST <= len(variants) <= MOST:
        raise ValueError(f"A comparison has {LEAST} to {MOST} variants; this one has {len(variants)}.")
    first = variants[0]
    for each in variants[1:]:
        if each.task != first.task:
            raise ValueError(
                f"These variants learn different tasks ({first.task.kind} and {each.task.kind}, or other settings of "
                "it), so their losses say nothing about each other. Give all of them the task of the first."
            )
        if each.model.vocab != first.model.vocab:
            raise ValueError("These variants have different vocabularies, so their losses cannot be compared.")
        if each.training.batch != first.training.batch:
            raise ValueError(
                f"All variants see the same batches, and the batch sizes are {first.training.batch} and "
                f"{each.training.batch}. Make them equal."
            )
        if each.training.examples != first.training.examples:
            raise ValueError(
                f"These variants are tested on {first.training.examples} and {each.training.examples} held-out "
                "examples, so their losses differ by chance alone. Make the numbers equal."
            )
    if len({config.model_dump_json(exclude={"seed"}) for config in variants}) < len(variants):
        raise ValueError("Two of these variants are the same run. Change one of them.")


class Ready(NamedTuple):
    """A comparison with a name: one click on the page."""

    name: str
    label: str
    preset: str
    """Where the base comes from."""
    base: Mapping[str, Any]
    """Changes of the preset that make the base."""
    others: tuple[tuple[str, Mapping[str, Any]], ...]
    """(label, changes of the base)."""
    first: str
    """Label of the base."""
    shows: str
    """What will be seen; measured (docs/log.md)."""
    match: str = "nothing"
    lens: str = "attention"
    """The picture to begin with."""

    def variants(self, seed: int = 0) -> list[Variant]:
        """The base, then the others."""
        base = changed(presets.PRESETS[self.preset].config, {**self.base, "seed": seed})
        return [
            variant(base, base, self.first),
            *(variant(base, changed(base, changes), label) for label, changes in self.others),
        ]
