"""What the experiments share: the position schemes they compare, the model they train, the lines that repeat them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Literal

from models.architecture import Topology
from models.config import Config, knob, refuse
from models.feedforward import Dense
from models.position import POSITIONS, PositionConfig, Sinusoidal
from models.presets import PRESETS
from playground.runs.run import RunConfig

if TYPE_CHECKING:
    SchemeName = str
else:
    SchemeName = Literal[tuple(POSITIONS)]  # made from the registry
SCHEMES: dict[str, PositionConfig] = {
    **{kind: scheme.model_validate({}) for kind, scheme in POSITIONS.items()},
    "sinusoidal": Sinusoidal(amplitude=math.sqrt(0.5)),  # as large as learned positions at their start: RMS 0.5
}
NAMES = {name: scheme.called or name for name, scheme in SCHEMES.items()}
"""As figures and sentences call them."""
CHARACTERS = 1024  # of one update: 32 texts of 32, 16 of 64
NEVER = 10_000  # steps between pictures, or looks at held-out texts, that nobody asks for
FEWEST = 8  # held-out texts of a run that nobody asks for
SURE = 2.0  # standard errors from which a difference is said to be seen


def schemes_knob(default: Sequence[str], help: str) -> Any:
    return knob(tuple(default), "Schemes", help, min_length=1, max_length=len(SCHEMES))


def seed_knob() -> Any:
    return knob(0, "Seed", "The same seed gives the same initial values and batches to all.", ge=0, le=2**31 - 1)


def check_once(names: Sequence[str], field: str) -> None:
    """Raise `Refused` for a name that is given twice."""
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        refuse(field, f"{twice} is chosen twice, and would be measured twice. Name it once.")


def text_run(scheme: str, *, topology: Topology, length: int, steps: int, seed: int, **training: Any) -> RunConfig:
    """Two layers of width 64 that learn Python's help texts by characters, in fp32: the preset "fast" with this scheme
    and GELU. Runs of one seed see the same batches.
    """
    model = (
        PRESETS["fast"].but(feed_forward=Dense(activation="gelu").model_dump()).model_dump(exclude={"vocab", "context"})
    )
    settings = {"batch": CHARACTERS // length, "steps": steps, "precision": "fp32", "record_every": NEVER, **training}
    return RunConfig.model_validate(
        {
            "model": {**model, "topology": topology, "position": SCHEMES[scheme].model_dump()},
            "task": {"kind": "text", "length": length},
            "training": settings,
            "seed": seed,
        }
    )


def mean_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error; the error of a single value is nan."""
    error = stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return fmean(values), error


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def lines(config: Config, module: str, generator: str) -> str:
    """The Python that repeats an experiment: what differs from the defaults is written out."""
    name = type(config).__name__
    changes = ", ".join(f"{field}={value!r}" for field, value in config.model_dump(exclude_defaults=True).items())
    return (
        f"from playground.experiments.{module} import {name}, finding, frame, {generator}\n\n"
        f"for progress in {generator}({name}({changes})):\n"
        f"    pass  # stop at any time: break\n"
        f"print(finding(progress).title)\n"
        f"print(frame(progress).to_string())\n"
    )
