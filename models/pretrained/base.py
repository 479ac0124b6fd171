"""What a published family is: its config and its table of names, which is read in both directions."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
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
    """Empty: nothing of it is published, and it is 0."""
    rows: tuple[int, ...] = ()
    """Rows of each published tensor where there are several; the shape of ours where there is none."""
    transposed: bool = False
    """Stored as (inputs, outputs)."""
    heads: int = 0
    """Stored head by head: rows (H, 3, C) of queries, keys and values, where ours are (3, H, C)."""
    plus: float = 0.0
    """What ours has more: Gemma stores of a norm's weight what it has more than 1."""
    rolled: tuple[int, int] = (0, 0)
    """(H, C): the first C rows of each of H heads are the last ones of ours."""
    experts: int = 0
    """Stored expert by expert, all parts of the first before those of the second, where ours is (E, rows, inputs)."""
    fused: str = ""
    """The tensor that other files have in place of all these: (E, rows, inputs), as ours."""

    def stored(self, names: Container[str]) -> Entry:
        """The entry for files of these names: of experts one by one, or of all in one tensor."""
        return Entry(self.ours, (self.fused,)) if self.fused in names else self

    def join(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Their tensors -> ours."""
        if not self.theirs:
            return torch.zeros(self.rows)
        parts = [tensors[name].T if self.transposed else tensors[name] for name in self.theirs]
        joined = torch.cat(parts) if len(parts) > 1 else parts[0]
        joined = joined.float() + self.plus if self.plus else joined
        joined = _turned(joined, (self.heads, 3)) if self.heads else joined
        joined = _rolled(joined, *self.rolled) if any(self.rolled) else joined
        return joined.unflatten(0, (self.experts, -1)) if self.experts else joined

    def split(self, tensor: Tensor) -> dict[str, Tensor]:
        """Ours -> theirs. Raises ValueError for numbers that have no place there."""
        if not self.theirs and tensor.any():
            raise ValueError(f"{self.ours} is not 0, and the published family has no place for it.")
        if not self.theirs:
            return {}
        tensor = tensor.flatten(0, 1) if self.experts else tensor
        tensor = _turned(tensor, (3, self.heads)) if self.heads else tensor
        tensor = _rolled(tensor, self.rolled[0], -self.rolled[1]) if any(self.rolled) else tensor
        tensor = tensor - self.plus if self.plus else tensor
        parts = tensor.split(self.rows) if self.rows else (tensor,)
        return {n: (p.T if self.transposed else p).contiguous() for n, p in zip(self.theirs, parts, strict=True)}

    def shapes(self, ours: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Shapes that their tensors must have for ours to have this one."""
        if not self.theirs:
            return {}
        inputs = ours[2:] if self.experts else ours[1:]
        parts = [(rows, *inputs) for rows in self.rows] if self.rows else [ours]
        return {name: s[::-1] if self.transposed else s for name, s in zip(self.theirs, parts, strict=True)}


def _turned(tensor: Tensor, rows: tuple[int, int]) -> Tensor:
    """Rows (A, B, C) -> (B, A, C)."""
    return tensor.unflatten(0, (*rows, -1)).transpose(0, 1).flatten(0, 2)


def _rolled(tensor: Tensor, heads: int, rows: int) -> Tensor:
    """The first rows of each head behind its others; the last before them where `rows` is negative."""
    return tensor.unflatten(0, (heads, -1)).roll(-rows, dims=1).flatten(0, 1)


class Ignored(NamedTuple):
    """Published tensors that hold nothing of ours, and why."""

    pattern: str
    """Of the whole name; `{layers}` stands for the number of the model's layers."""
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
