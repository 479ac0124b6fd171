"""The header of a run as a file: what kind of file it is, and the run's config and numbers, all of them bounded."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.config import problems
from playground.runs.run import RunConfig

FORMAT = "transformer-playground run 1"
MOST = 256 * 2**20  # bytes of a file
HEADER = 16 * 2**20  # bytes of its header, which holds the metrics
FOREIGN = {
    b"PK": "a zip archive (as PyTorch and Keras write them), which may hold code",
    b"\x80": "a pickle, which runs code when it is opened",
    b"\x93N": "a NumPy array",
    b"\x89H": "an HDF5 file",
    b"GG": "a GGUF file",
    b"\x1f\x8b": "a compressed file",
}
Step = Annotated[int, Field(ge=0, le=1_000_000)]
Row = tuple[Step, float, float, float, float, float | None, float | None, float | None, float]
Text = Annotated[str, Field(max_length=400)]
Setting = int | float | bool | Text | None


class Written(BaseModel):
    """The metadata of a file."""

    model_config = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)
    format: Literal["transformer-playground run 1"]
    config: dict[str, Any]
    step: Step
    first: Step = 0
    tokens: Annotated[int, Field(ge=0)]
    metrics: Annotated[list[Row], Field(min_length=1, max_length=1_000_001)]
    marks: Annotated[list[tuple[Step, Text]], Field(max_length=10_000)] = []
    changes: Annotated[list[tuple[Step, Text, Setting]], Field(max_length=10_000)] = []
    turns: Annotated[list[tuple[Step, Text, Setting]], Field(max_length=10_000)] = []
    checkpoints: Annotated[list[tuple[Step, Annotated[int, Field(ge=0)]]], Field(max_length=10_000)] = []


def opened(data: bytes) -> tuple[Written, RunConfig]:
    """What the header says. Raises ValueError with a sentence for a file that is no run of ours."""
    foreign = next((what for start, what in FOREIGN.items() if data.startswith(start)), None)
    if foreign and data[8:9] != b"{":  # else those are the lengths of headers
        raise ValueError(f"This is {foreign}. A run is a .safetensors file that this page has written.")
    length = int.from_bytes(data[:8], "little")
    if len(data) > MOST or len(data) < 8 or length > min(len(data) - 8, HEADER):
        raise ValueError("This is not a run that this page has written: it is too large, too short or cut off.")
    try:
        header = json.loads(data[8 : 8 + length])
        text = header["__metadata__"]["run"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("This is not a run that this page has written: its header names no run.") from error
    try:
        written = Written.model_validate_json(text)
        config = RunConfig.model_validate(written.config)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"][:2])
        said = (
            next(iter(problems(error, RunConfig).values()), "") if error.title == "RunConfig" else f"{where} is wrong."
        )
        raise ValueError(f"This run file does not hold together: {said}") from error
    return written, config
