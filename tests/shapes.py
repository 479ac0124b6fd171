"""Tensor names tell the truth: `weights_BHTS` has four axes, and B is one size wherever it is named.

Three things are read whenever a function of `models/` returns: its local tensors, the fields of the NamedTuples it
returns, and, after `__init__`, the module's own parameters and buffers. A name is read if it ends in `_` and axis
letters (the legend is in `models/records.py`); a digit in it is an axis of exactly that size. What is None, or no
tensor, says nothing.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tests.watched import telling

LETTERS = "BTSDHGCFEKVNMXPRU"
AXES = re.compile(rf"_((?=[0-9]*[{LETTERS}])[{LETTERS}0-9]+)$")
MODELS = str(Path(__file__).parent.parent / "models") + os.sep


@cache
def letters(name: str) -> str:
    """The axes that a name ends in, "" without any."""
    found = AXES.search(name)
    return found[1] if found else ""


def lies(values: Iterable[tuple[str, Any]], *, own: str = "") -> Iterator[str]:
    """A sentence for each named tensor whose shape is not what its name says, or not what an earlier name said.

    The axes in `own` belong to each name alone: equal letters may have other sizes under another name.
    """
    sizes: dict[str, tuple[int, str]] = {}
    for name, value in values:
        if not (axes := letters(name)) or not isinstance(value, Tensor):
            continue
        shape = tuple(value.shape)
        if len(shape) != len(axes):
            yield f"{name} has the shape {shape}"
            continue
        here: dict[str, tuple[int, str]] = {}
        for letter, size in zip(axes, shape, strict=True):
            if letter.isdigit():
                said, who = int(letter), "its name"
            else:
                said, who = sizes.get(letter) or here.get(letter) or (size, name)
            if said != size:
                yield f"{name} has the shape {shape}, but {letter} is {said} in {who}"
            here.setdefault(letter, (size, name))
        sizes |= {letter: said for letter, said in here.items() if letter not in sizes and letter not in own}


def records(returned: Any) -> Iterator[tuple[Any, ...]]:
    """The NamedTuples among what a function returned: the value itself, or the members of a plain tuple."""
    if isinstance(returned, tuple):
        yield from (one for one in (returned, *returned) if isinstance(one, tuple) and hasattr(one, "_fields"))


def left_lies(local: Mapping[str, Any], returned: Any) -> Iterator[str]:
    """What is untrue where a function is left: in its locals, its records, its new parameters."""
    yield from lies(local.items())
    for record in records(returned):
        fields = getattr(record, "_fields")  # noqa: B009 - a plain tuple to the type checker
        for lie in lies(zip(fields, record, strict=True), own="S"):  # each attention of a layer has its own keys
            yield f"{type(record).__name__}.{lie}"


def made_lies(module: nn.Module) -> Iterator[str]:
    """What is untrue of a new module's own parameters and buffers."""
    tensors = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
    yield from (f"{type(module).__name__}.{lie}" for lie in lies(tensors))


@contextmanager
def truthful(begin: str = MODELS) -> Iterator[None]:
    """Watch the functions of the files whose path begins so. Raises AssertionError at the end, with every lie.

    At the end, because an error raised inside the watched code could be swallowed there.
    """
    found: dict[str, None] = {}  # a set that remembers the order

    def told(where: str, returned: Any, local: Mapping[str, Any]) -> Any:
        found.update(dict.fromkeys(f"{where}: {lie}" for lie in left_lies(local, returned)))
        if where.endswith(" __init__") and isinstance(module := local.get("self"), nn.Module):
            found.update(dict.fromkeys(f"{where}: {lie}" for lie in made_lies(module)))
        return returned

    with telling(begin, letters, told):
        yield
    assert not found, "names that do not tell the truth:\n" + "\n".join(found)
