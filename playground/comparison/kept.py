"""What is known of a comparison in training as one file: the numbers of every update. The runs themselves are files of
their own, see `Trial.file`.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from hashlib import sha256
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from playground.comparison.trials import FALLS, Trials
from playground.runs.archive.format import listed
from playground.runs.archive.header import rows
from playground.runs.history import Metrics
from playground.runs.packed import pack, taken, unpack

Count = Annotated[int, Field(ge=0, le=2**53)]
Text = Annotated[str, Field(max_length=1000)]
STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


class WrittenTrial(BaseModel):
    """One run; see `Trial`."""

    model_config = STRICT
    finished: bool
    stopped: Text
    sentence: Text
    tokens: Annotated[list[Count], Field(max_length=2)]
    """The first and the last."""
    kept: Annotated[int, Field(ge=-1, le=2**53)]
    large: bool
    falls: Annotated[int, Field(ge=0, le=FALLS + 1)]


class Written(BaseModel):
    """What the file tells."""

    model_config = STRICT
    name: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    of: str
    """See `fingerprint`."""
    precision: Literal["fp32", "bf16"]
    ended: Text
    trials: Annotated[list[WrittenTrial], Field(max_length=64)]


def fingerprint(trials: Trials) -> str:
    """What was compared: another one's numbers are none of these."""
    told = [trials.seeds, [v.config.model_dump(mode="json") for v in trials.variants]]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def dump(trials: Trials) -> bytes:
    """The file."""
    tensors, told = dict[str, torch.Tensor](), list[dict[str, Any]]()
    for i, trial in enumerate(trials.trials):
        table = np.array(trial.metrics, dtype=np.float64).reshape(-1, len(Metrics._fields))  # None becomes NaN
        tensors[f"{i}.metrics"] = torch.from_numpy(table)
        tensors[f"{i}.seconds"] = torch.tensor(trial.seconds, dtype=torch.float64)
        tokens = [trial.tokens[0], trial.tokens[-1]] if trial.tokens else []
        fields: dict[str, Any] = {name: getattr(trial, name) for name in WrittenTrial.model_fields}
        told.append(fields | {"tokens": tokens, "stopped": trial.stopped[:1000], "sentence": trial.sentence[:1000]})
    about = {
        "name": trials.name,
        "of": fingerprint(trials),
        "precision": trials.precision,
        "ended": trials.ended[:1000],
    }
    return pack(tensors, Written.model_validate(about | {"trials": told}))


def restoring(data: bytes, trials: Trials) -> Generator[None, None, None]:
    """Give these trials, none of which has begun, what a file tells. Raises ValueError for a file of others."""
    told, tensors = unpack(data, Written)
    if told.of != fingerprint(trials) or len(told.trials) != len(trials.trials):
        raise ValueError("it is of another comparison")
    found = []
    for i in range(len(trials.trials)):
        table = taken(tensors, f"{i}.metrics", torch.float64, (-1, len(Metrics._fields)))
        metrics = yield from rows(listed(table))
        seconds = taken(tensors, f"{i}.seconds", torch.float64, (-1,)).tolist()
        if len(seconds) > len(metrics) or not all(0 <= each < 1e9 for each in seconds):
            raise ValueError("its times are not those of its updates")
        found.append(([Metrics(*row) for row in metrics], seconds))
    trials.name, trials.ended, trials.precision = told.name, told.ended, told.precision
    for trial, kept, (metrics, seconds) in zip(trials.trials, told.trials, found, strict=True):
        for name in WrittenTrial.model_fields:
            setattr(trial, name, getattr(kept, name))
        trial.metrics, trial.seconds = metrics, seconds
