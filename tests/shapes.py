"""Tensor names tell the truth: `weights_BHTS` has four axes, and B is one size wherever it is named.

Three things are read whenever a function of `models/` returns: its local tensors, the fields of the NamedTuples it
returns, and, after `__init__`, the module's own parameters and buffers. A name is read if it ends in `_` and axis
letters (the legend is in `models/records.py`); a digit in it is an axis of exactly that size. What is None, or no
tensor, says nothing.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from torch import Tensor, nn

LETTERS = "BTSDHGCFEKVNMXPRU"
AXES = re.compile(rf"_((?=[0-9]*[{LETTERS}])[{LETTERS}0-9]+)$")
MODELS = str(Path(__file__).parent.parent / "models") + os.sep


def lies(values: Iterable[tuple[str, Any]], *, own: str = "") -> Iterator[str]:
    """A sentence for each named tensor whose shape is not what its name says, or not what an earlier name said.

    The axes in `own` belong to each name alone: equal letters may have other sizes under another name.
    """
    sizes: dict[str, tuple[int, str]] = {}
    for name, value in values:
        axes = AXES.search(name)
        if axes is None or not isinstance(value, Tensor):
            continue
        shape = tuple(value.shape)
        if len(shape) != len(axes[1]):
            yield f"{name} has the shape {shape}"
            continue
        here: dict[str, tuple[int, str]] = {}
        for letter, size in zip(axes[1], shape, strict=True):
            said, who = (int(letter), "its name") if letter.isdigit() else (here | sizes).get(letter, (size, name))
            if said != size:
                yield f"{name} has the shape {shape}, but {letter} is {said} in {who}"
            here.setdefault(letter, (size, name))
        sizes |= {letter: said for letter, said in here.items() if letter not in sizes and letter not in own}


def records(returned: Any) -> Iterator[tuple[Any, ...]]:
    """The NamedTuples among what a function returned: the value itself, or the members of a plain tuple."""
    if isinstance(returned, tuple):
        yield from (one for one in (returned, *returned) if isinstance(one, tuple) and hasattr(one, "_fields"))


def frame_lies(names: tuple[str, ...], code: CodeType, local: Mapping[str, Any], returned: Any) -> Iterator[str]:
    """What is untrue in a frame that returns: in its locals called `names`, its records, its new parameters."""
    yield from lies((name, local[name]) for name in names if name in local)
    for record in records(returned):
        fields = getattr(record, "_fields")  # noqa: B009 - a plain tuple to the type checker
        for lie in lies(zip(fields, record, strict=True), own="S"):  # each attention of a layer has its own keys
            yield f"{type(record).__name__}.{lie}"
    if code.co_name == "__init__" and isinstance(module := local.get(code.co_varnames[0]), nn.Module):
        tensors = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        yield from (f"{type(module).__name__}.{lie}" for lie in lies(tensors))


@contextmanager
def truthful(folder: str = MODELS) -> Iterator[None]:
    """Watch the functions defined under `folder`, in this thread. Raises AssertionError at the end, with every lie.

    At the end, because an error raised inside the watched code could be swallowed there. One dictionary look-up per
    return that is not watched.
    """
    found: dict[str, None] = {}  # a set that remembers the order
    watched: dict[CodeType, tuple[str, ...] | None] = {}

    def watch(frame: FrameType, event: str, returned: Any) -> None:
        if event != "return":
            return
        code = frame.f_code
        if code not in watched:
            everything = (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
            ours = code.co_filename.startswith(folder)
            watched[code] = tuple(dict.fromkeys(name for name in everything if AXES.search(name))) if ours else None
        names = watched[code]
        if names is None or not (names or isinstance(returned, tuple) or code.co_name == "__init__"):
            return
        for lie in frame_lies(names, code, frame.f_locals, returned):
            found[f"{Path(code.co_filename).name}:{code.co_firstlineno} {code.co_name}: {lie}"] = None

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)
    assert not found, "names that do not tell the truth:\n" + "\n".join(found)
