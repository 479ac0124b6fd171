"""The header of a run as a file: what kind of file it is, and the run's config and numbers, all of them bounded.

It is read in pieces, and the cheap questions are asked first: how long reading takes follows from how many updates the
run may have made, not from what a file claims.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from models.config import problems
from playground.runs.archive.loads import WrittenLoads
from playground.runs.idle import effective, idle
from playground.runs.run import RunConfig

FORMATS = ("transformer-playground run 1", "transformer-playground run 2")
MOST = 256 * 2**20  # bytes of a file
HEADER = 8 * 2**20  # bytes of its header; in format 1 that holds the metrics
PARTS = 300_000  # lists and objects in it, a few for each tensor: they take far longer to read than their bytes
LARGEST = 3.5e38  # of a number: as far as fp32 goes, in which all of them were computed
TURNS = 4000  # changes of live settings, and of marks
PIECE = 1000  # rows of metrics that are checked at a time
FOREIGN = {
    b"PK": "a zip archive (as PyTorch and Keras write them), which may hold code",
    b"\x80": "a pickle, which runs code when it is opened",
    b"\x93N": "a NumPy array",
    b"\x89H": "an HDF5 file",
    b"GG": "a GGUF file",
    b"\x1f\x8b": "a compressed file",
}
Step = Annotated[int, Field(ge=0, le=1_000_000)]
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Share = Annotated[float, Field(ge=0, le=1)]
Row = tuple[Step, Number, Share, Number, Number, Number | None, Share | None, Share | None, Number]
Text = Annotated[str, Field(max_length=400)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Setting = bool | Whole | Number | Text | None
STRICT = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)
ROWS = TypeAdapter(list[Row], config=ConfigDict(allow_inf_nan=False))


class Computed(BaseModel):
    """What the updates were computed in: see `Precision`."""

    model_config = STRICT
    name: Literal["fp32", "bf16"]
    routes: bool = False
    sentence: Text = ""
    device: Literal["cpu", "cuda", "mps"]


class Written(BaseModel):
    """The metadata of a file."""

    model_config = STRICT
    format: Literal["transformer-playground run 1", "transformer-playground run 2"]
    config: dict[str, Any]
    preset: Text = ""
    """The preset that the run was begun from, if any."""
    step: Step
    first: Step = 0
    tokens: Annotated[int, Field(ge=0, le=2**53)]
    precision: Computed | None = None
    metrics: Annotated[list[Any], Field(max_length=1_000_001)] = []
    """One `Row` for each step, in format 1; since then they are a tensor."""
    marks: Annotated[list[tuple[Step, Text]], Field(max_length=TURNS)] = []
    changes: Annotated[list[tuple[Step, Text, Setting]], Field(max_length=TURNS)] = []
    turns: Annotated[list[tuple[Step, Text, Setting]], Field(max_length=TURNS)] = []
    loads: WrittenLoads | None = None
    checkpoints: Annotated[list[tuple[Step, Annotated[int, Field(ge=0, le=2**53)]]], Field(max_length=10_000)] = []


class Header(NamedTuple):
    """What a file says before its tensors."""

    written: Written
    config: RunConfig
    tensors: Mapping[str, Any]
    """Name -> what safetensors notes on a tensor: {"dtype", "shape", "data_offsets"}; not checked yet."""


def opening(data: bytes, refuse: Callable[[RunConfig, int], str], most: int) -> Generator[None, None, Header]:
    """Read the header of a file of at most so many bytes. Raises ValueError with a sentence for a file that is no run
    of ours, or one that `refuse` does not want.
    """
    foreign = next((what for start, what in FOREIGN.items() if data.startswith(start)), None)
    if foreign and data[8:9] != b"{":  # else those are the lengths of headers
        raise ValueError(f"This is {foreign}. A run is a .safetensors file that this page has written.")
    length = int.from_bytes(data[:8], "little")
    if len(data) > most or len(data) < 8 or length > min(len(data) - 8, HEADER):
        raise ValueError("This is not a run that this page has written: it is too large, too short or cut off.")
    told = data[8 : 8 + length]
    if told.count(b"[") + told.count(b"{") > PARTS:
        raise ValueError("This is not a run that this page has written: its header has too many parts.")
    try:
        header = json.loads(told)
        text = header.pop("__metadata__")["run"]
        if not isinstance(text, str):
            raise TypeError("no text")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("This is not a run that this page has written: its header names no run.") from error
    yield
    try:
        written = Written.model_validate_json(text)
    except ValidationError as error:
        raise _loose(error) from error
    try:
        config = effective(written.config)
    except ValidationError as error:
        said = next(iter(problems(error, RunConfig).values()), "")
        raise ValueError(f"This run file does not hold together: {said}") from error
    allow(refuse(config, written.step))
    off = idle(written.config)  # turned all the same before such settings were refused
    written.turns = [turn for turn in written.turns if turn[1] not in off]
    steps = [step for step, _ in written.checkpoints]
    begun = written.first == 0 or steps[:1] == [written.first]
    if steps != sorted(set(steps)) or not steps or steps[-1] != written.step or not begun:
        raise ValueError("This run file is damaged: its states are not those of its steps.")
    if len(written.metrics) != (written.step + 1 if written.format == FORMATS[0] else 0):
        raise ValueError("This run file is damaged: its metrics are not one row for each of its steps.")
    yield
    return Header(written, config, header)


def allow(refusal: str) -> None:
    """Raise ValueError where there is a reason to."""
    if refusal:
        raise ValueError(f"This run is too large for the page. {refusal}")


def rows(found: Sequence[Any]) -> Generator[None, None, list[tuple[Any, ...]]]:
    """The metrics, checked, one row for each step from 0 on."""
    taken: list[tuple[Any, ...]] = []
    for start in range(0, len(found), PIECE):
        try:
            piece = ROWS.validate_python(found[start : start + PIECE])
        except ValidationError as error:
            raise _loose(error, "metrics", start) from error
        if any(row[0] != start + i for i, row in enumerate(piece)):
            raise ValueError("This run file is damaged: its metrics are not one row for each of its steps.")
        taken += piece
        yield
    return taken


def _loose(error: ValidationError, *under: object) -> ValueError:
    """What does not hold together. `under`: where the list stands that was checked, and its first place."""
    found = [str(part) for part in islice(error.errors(include_input=False)[0]["loc"], 2)]
    if under:
        name, start = under
        found = [str(name), str(int(str(start)) + int(found[0]))]
    return ValueError(f"This run file does not hold together: {'.'.join(found) or 'its header'} is wrong.")


def newest(changes: Sequence[tuple[int, str, Any]]) -> list[list[Any]]:
    """As many of the newest changes as a file holds, in order; of those before them the last of each setting."""
    before, kept = changes[: -TURNS // 2], changes[-TURNS // 2 :]
    if len(changes) <= TURNS:
        return [list(each) for each in changes]
    last = {path: (step, path, value) for step, path, value in before}
    return [list(each) for each in (*last.values(), *kept)]
