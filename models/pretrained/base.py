"""What a published family is: its config and its table of names, which is read in both directions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from models.architecture import TransformerConfig
from models.embedding import Head

BOTH = ("weight", "bias")


class Entry(NamedTuple):
    """One tensor of ours and the published ones it is made of, joined along the first axis."""

    ours: str
    theirs: tuple[str, ...]
    rows: tuple[int, ...] = ()
    """Rows of each published tensor where there are several."""
    transposed: bool = False
    """Stored as (inputs, outputs)."""
    heads: int = 0
    """Stored head by head: rows (H, 3, C) of queries, keys and values, where ours are (3, H, C)."""
    plus: float = 0.0
    """What ours has more: Gemma stores of a norm's weight what it has more than 1."""

    def join(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Their tensors -> ours."""
        parts = [tensors[name].T if self.transposed else tensors[name] for name in self.theirs]
        joined = torch.cat(parts) if len(parts) > 1 else parts[0]
        joined = joined.float() + self.plus if self.plus else joined
        return _turned(joined, (self.heads, 3)) if self.heads else joined

    def split(self, tensor: Tensor) -> dict[str, Tensor]:
        """Ours -> theirs."""
        tensor = _turned(tensor, (3, self.heads)) if self.heads else tensor
        tensor = tensor - self.plus if self.plus else tensor
        parts = tensor.split(self.rows) if self.rows else (tensor,)
        return {n: (p.T if self.transposed else p).contiguous() for n, p in zip(self.theirs, parts, strict=True)}

    def shapes(self, ours: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Shapes that their tensors must have for ours to have this one."""
        parts = [(rows, *ours[1:]) for rows in self.rows] if self.rows else [ours]
        return {name: s[::-1] if self.transposed else s for name, s in zip(self.theirs, parts, strict=True)}


def _turned(tensor: Tensor, rows: tuple[int, int]) -> Tensor:
    """Rows (A, B, C) -> (B, A, C)."""
    return tensor.unflatten(0, (*rows, -1)).transpose(0, 1).flatten(0, 2)


class Ignored(NamedTuple):
    """Published tensors that hold nothing of ours, and why."""

    pattern: str
    """Of the whole name."""
    reason: str
    same_as: str = ""
    """The published tensor that it must equal, where it is a copy of one."""
    table: Callable[[TransformerConfig], Tensor] | None = None
    """What it must hold, where it tells positions that ours computes."""


class Family(NamedTuple):
    """A published architecture."""

    config: Callable[[Mapping[str, Any]], TransformerConfig]
    """Their config.json -> ours. Dropout and initial values stay ours: they play no part in a trained model. Raises
    ValueError for a setting that ours cannot express."""
    entries: Callable[[TransformerConfig], list[Entry]]
    rename: Callable[[str], str]
    """Older or shortened names -> the one in `entries`."""
    ignored: tuple[Ignored, ...]

    def called(self, name: str) -> str:
        """The name in `entries` of a stored one, also where a compiled or a parallel model was saved."""
        return self.rename(re.sub(r"^(module\.)+|\b_orig_mod\.", "", name))


def encoder_alone(config: TransformerConfig) -> TransformerConfig:
    """An encoder as it is published without a head: its logits are then products with the token embedding, which nobody
    trained. A decoder stays as it is.
    """
    return config.but(head=Head(tied=True)) if config.topology == "encoder-only" else config


def theirs(family: Family, config: TransformerConfig, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our tensors -> the published ones; those that the family ignores are left out."""
    return {name: part for e in family.entries(config) for name, part in e.split(state[e.ours]).items()}


def pairs(modules: Mapping[str, str], kinds: tuple[str, ...] = ("weight",)) -> list[Entry]:
    """Entries of modules that differ in name alone: {our module: their module}."""
    return [Entry(f"{ours}.{kind}", (f"{theirs}.{kind}",)) for ours, theirs in modules.items() for kind in kinds]


def prefixed(name: str, prefix: str, head: str) -> str:
    """The name as a whole language model stores it: a file of the stack alone leaves the prefix out."""
    return name if name.startswith((prefix, head)) else prefix + name


def integer(given: Mapping[str, Any], name: str, default: int | None = None, *, least: int = 1) -> int:
    """A whole number of a config.json, from `least` up; raises ValueError."""
    value = given.get(name)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        kind = "positive whole number" if least == 1 else f"whole number from {least} up"
        raise ValueError(f"config.json: {name} must be a {kind}, got {value!r:.40}.")
    return value


def refuse_unless(given: Mapping[str, Any], name: str, *allowed: Any) -> None:
    """Raise ValueError if a setting has a value that ours cannot express. A missing one is the first of `allowed`."""
    value = given.get(name, allowed[0])
    if value not in allowed:
        known = " or ".join(map(repr, allowed))
        raise ValueError(f"config.json: {name} is {value!r:.40}, and this core can express {known} only.")
