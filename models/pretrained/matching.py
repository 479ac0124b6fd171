"""A checkpoint's headers against a config: each tensor of ours made once, each published one used or accounted for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.architecture import TransformerConfig
from models.pretrained.base import Entry, Family, Ignored
from models.pretrained.files import Stored

FLOATS = ("F64", "F32", "F16", "BF16")


class Matched(NamedTuple):
    """The tensors of a checkpoint by the names of the family's table."""

    entries: list[Entry]
    """The table, experts as these files store them."""
    used: dict[str, Stored]
    ignored: dict[str, tuple[Stored, Ignored]]


def lacks_its_head(family: Family, config: TransformerConfig, stored: Iterable[Stored]) -> bool:
    """Whether an encoder's files have all but its head, by the names alone."""
    there = {family.called(tensor.name) for tensor in stored}
    lacks = [entry.ours for entry in family.entries(config) if not there.issuperset(entry.theirs)]
    return config.topology == "encoder-only" and bool(lacks) and all(name.startswith("head.") for name in lacks)


def matched(
    family: Family, config: TransformerConfig, ours: Mapping[str, tuple[int, ...]], stored: Iterable[Stored]
) -> Matched:
    """Match by names, shapes and types alone; nothing is read.

    `ours` are the shapes of our parameters and of the buffers that are kept with them. Raises ValueError for a tensor
    that is missing, stored twice, unknown to the family, of another shape than the config makes it, or not of
    floating-point numbers.
    """
    found: dict[str, Stored] = {}
    for tensor in stored:
        name = family.called(tensor.name)
        if name in found:
            twice = " and ".join(f"{t.name:.80} in {t.file.name}" for t in (found[name], tensor))
            raise ValueError(f"The checkpoint holds one tensor twice: {twice}.")
        found[name] = tensor
    entries = [entry.stored(found) for entry in family.entries(config)]
    assert sorted(e.ours for e in entries) == sorted(ours), "the table of names is not the list of our tensors"
    wanted = {name: shape for e in entries for name, shape in e.shapes(ours[e.ours]).items()}
    assert len(wanted) == sum(len(e.theirs) for e in entries), "a published tensor is used twice"
    missing = [name for name in wanted if name not in found]
    if missing and all(e.ours.startswith("head.") for e in entries if not found.keys() >= set(e.theirs)):
        raise ValueError(
            f"The checkpoint is a model without its head, and this core makes logits: it lacks {_some(missing)}. "
            "Take the checkpoint of the whole language model (ForCausalLM or ForConditionalGeneration)."
        )
    if missing:
        raise ValueError(f"The checkpoint lacks {_some(missing)}.")
    for name, shape in wanted.items():
        _fits(name, found[name], shape)
    ignored, strangers = {}, []
    for name, tensor in found.items():
        if name in wanted:
            continue
        layers = str(config.layers)
        rule = next((r for r in family.ignored if re.fullmatch(r.pattern.replace("{layers}", layers), name)), None)
        if rule is None:
            strangers.append(tensor.name)
            continue
        if rule.same_as:
            _fits(name, tensor, wanted[rule.same_as])
        ignored[name] = tensor, rule
    if strangers:
        raise ValueError(f"The checkpoint holds what this family does not have: {_some(strangers)}.")
    return Matched(entries, {name: found[name] for name in wanted}, ignored)


def _fits(name: str, tensor: Stored, shape: tuple[int, ...]) -> None:
    if tensor.shape != shape:
        raise ValueError(f"{name} is {tensor.shape!s:.80} in {tensor.file.name}, and config.json makes it {shape}.")
    if tensor.dtype not in FLOATS:
        raise ValueError(f"{name} is stored as {tensor.dtype:.20}, and this core reads {', '.join(FLOATS)}.")


def _some(names: list[str]) -> str:
    return ", ".join(f"{name:.80}" for name in names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
