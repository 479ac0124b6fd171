"""What a session's file says: its settings and where its visitor looks, as plain values, all of them bounded.

It is long as a table is: a record for each thing that is kept.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.edits import StackName

FORMAT = "transformer-playground session 1"
MOST = 48 * 2**20  # bytes; a visitor's own text stands in every config that has it

Raw = dict[str, Any]
"""Values of a config; they are checked by whatever takes them."""
Number = Annotated[int, Field(ge=0, le=10**15)]
"""Of a run."""
Place = Annotated[int, Field(ge=0, le=2**20)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=20_000)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Part(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Diverged(Part):
    """Why a run stopped."""

    what: Literal["loss", "gradient"]
    lr: float


class Entry(Part):
    """One run; see `Kept`."""

    id: Number
    preset: Name = ""
    origin: Name = ""
    parent: Number = 0
    file: bool = True
    """Whether it was small enough to be kept."""
    diverged: Diverged | None = None


class Sums(Part):
    """`Scores` of the held-out examples."""

    loss: list[float]
    right: list[float]
    scored: list[float]


class Ablated(Part):
    """See `Ablate`."""

    stack: StackName
    layer: int | None
    part: Name
    head: int | None
    how: Literal["zero", "mean"]
    expert: int | None
    unit: int | None


class Forced(Part):
    """See `Force`."""

    stack: StackName
    layer: int
    expert: int
    position: int | None


class Removed(Part):
    """What was removed from the model, and what it cost; see `Ablation`."""

    edit: Ablated | Forced
    label: Name
    step: Number
    before: Sums
    after: Sums


class Guessed(Part):
    """One token that the model wrote; see `Guess`."""

    t: Name
    p: float
    top: Annotated[list[tuple[Name, float]], Field(max_length=5)]


class Prompt(Part):
    """A visitor's prompt, and how the model went on."""

    text: Text
    continuation: Annotated[list[Guessed], Field(max_length=1000)] = []
    error: Text = ""


class Look(Part):
    """Where the visitor looks on the Playground."""

    which: Name = ""
    head: tuple[Place, Place] | None = None
    shown: Place | None = None
    probe: tuple[Name, Text] = ("0", "")
    choices: dict[Name, dict[Name, Any]] = {}
    """By lens; its choices check what they take."""
    removed: Raw | None = None
    """See `Removed`."""
    prompt: Raw | None = None
    """See `Prompt`."""


class Controls(Part):
    """Those of a page: its last valid config, and what they show where that is not valid."""

    config: Raw = {}
    raw: Raw | None = None


class Vectors(Part):
    """The word vectors, whose training is a file of its own; see `WordLab`."""

    used: Seconds = 0.0
    notice: Text = ""
    hold: bool = False
    asked: tuple[Name, Name, Name] | None = None
    compared: Text = ""


class Investigated(Part):
    """An experiment of the Positions page: its settings, and what is known so far of those it was computed for."""

    controls: Controls = Controls()
    progress: Any = None
    said: Text = ""
    tone: Name = ""


class Side(Part):
    """One side of a comparison."""

    label: Name
    config: Raw
    file: Digest | None = None
    """The run that it goes on with."""


class Compared(Part):
    """A comparison."""

    name: Name = ""
    wanted: Annotated[list[Side], Field(max_length=8)] = []
    what: Name = "nothing"
    seeds: Annotated[int, Field(ge=1, le=100)] = 1
    layer: Annotated[int, Field(ge=-1, le=4096)] = -1
    head: Place = 0
    word: Text = ""
    opened: Text = ""
    begun: bool = False
    """Whether there is a file of what is known of its training."""


class Asked(Part):
    """A checkpoint; see `Desk`. It is opened again from where it was."""

    name: Text = ""
    revision: Name = ""
    text: Text = ""
    lens: Name = "attention"
    open: bool = False


class Saved(Part):
    """A session. What is not here begins afresh: what the Intervene lens has found."""

    format: Literal["transformer-playground session 1"] = FORMAT
    at: Seconds = 0.0
    """When it was written, by the wall clock."""
    training: bool = False
    building: bool = False
    """Whether a model was to be built from the controls."""
    page: Name = "playground"
    lens: Name = "attention"
    preset: Name = ""
    config: Raw = {}
    raw: Raw | None = None
    """What the controls show, where that is not valid."""
    entry: Entry | None = None
    shelf: Annotated[list[Entry], Field(max_length=64)] = []
    next: Annotated[Number, Field(ge=1)] = 1
    """The number of the next run."""
    used: Seconds = 0.0
    spent: dict[Number, Seconds] = {}
    branched: Text = ""
    compared: Place = 0
    opened: Text = ""
    notice: Text = ""
    """What was being said to the visitor."""
    look: Look = Look()
    positions: Controls = Controls()
    experiments: dict[Name, Investigated] = {}
    words: Controls = Controls()
    kind: Name = "skip-gram"
    word: Name = ""
    vectors: Vectors | None = None
    compare: Compared = Compared()
    checkpoint: Asked = Asked()

    def bytes(self) -> bytes:
        """As JSON. Half a character, which UTF-8 cannot say, becomes a question mark."""
        return json.dumps(self.model_dump(exclude_defaults=True) | {"format": FORMAT}, ensure_ascii=False).encode(
            "utf-8", "replace"
        )


def read(data: bytes) -> Saved:
    """The session that a file describes; raises ValueError with a few words for anything else."""
    try:
        return Saved.model_validate_json(data)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"][:2])
        raise ValueError(f"{where} is wrong" if where else "it is cut off or of another kind") from error
