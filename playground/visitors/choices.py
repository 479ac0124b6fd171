"""What a visitor has chosen to see of the experts, of vectors, and to do in the Intervene lens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy as np

On = Literal["batch", "probe"]
Show = Literal["load", "devices", "paths", "ablate"]
ONS: tuple[On, ...] = ("batch", "probe")
SHOWS: tuple[Show, ...] = ("load", "devices", "paths", "ablate")


@dataclass
class ExpertChoices:
    """The state of the Experts lens."""

    layer: int | None = None
    """None: the last layer with experts."""
    expert: int = 0
    line: int = 0
    """Which of the lines of tokens has its probabilities drawn."""
    on: On = "batch"
    show: Show = "load"
    costs: Costs | None = None
    """What every expert is worth, once that was measured."""

    def take(self, name: str, value: Any) -> None:
        """Change one choice; what is no choice is left alone."""
        if name == "on" and value in ONS:
            self.on = value
        elif name == "show" and value in SHOWS:
            self.show = value
        elif name in ("layer", "expert", "line") and type(value) is int and 0 <= value < 4096:
            setattr(self, name, value)


@dataclass
class VectorChoices:
    """The state of the Embeddings lens, and of what an input vector is made of."""

    table: str = "token"
    """Which vectors are drawn: those of the tokens, of the positions, of the output."""
    axes: str = "principal"
    """Or the frequency of a circle of numbers."""
    chosen: int | None = None
    """Row of the table; None: the one of the finding."""
    stack: str = ""
    """Whose residual stream; empty: the first there is."""
    place: int | None = None
    """Token of the probe; None: one two thirds down."""
    boundary: int | None = None
    """From which token on the input is of the second segment; None: nowhere."""
    asked: float = 0.0
    """When the files were asked for, by the browser's clock in milliseconds."""
    until: float = 0.0
    """Up to when they are sent."""
    bases: dict[str, Any] = field(default_factory=dict)
    """Of each map the axes in use, so that it does not turn under the eye."""
    blank: Any = None
    """The model of the controls, before there is a run."""

    def take(self, name: str, value: Any) -> None:
        """Change one choice; what is no choice is left alone."""
        if name in ("table", "axes", "stack") and isinstance(value, str) and len(value) < 40:
            setattr(self, name, value)
            self.chosen = None if name == "table" else self.chosen
        elif name in ("chosen", "place", "boundary") and type(value) is int and 0 <= value < 2**20:
            setattr(self, name, value)


@dataclass
class Costs:
    """What removing each expert costs: the change of the loss on unseen examples."""

    step: int
    examples: int
    before: float
    change_LE: np.ndarray


@dataclass
class InterveneChoices:
    """The state of the Intervene lens. The job that computes only writes `done`, `said`, `tone` and `results`."""

    trial: str = "costs"
    """Which experiment is shown."""
    chosen: dict[tuple[str, str], Any] = field(default_factory=dict)
    """(experiment, input) -> what was chosen; what does not fit the model or probe counts as not chosen."""
    done: float = 0.0
    said: str = ""
    tone: str = ""
    results: WeakKeyDictionary[Any, dict[str, Any]] = field(default_factory=WeakKeyDictionary)
    """Run -> experiment -> what was found; it goes with the run."""

    def of(self, run: Any) -> dict[str, Any]:
        """What was found on this run, by experiment."""
        return self.results.setdefault(run, {}) if run is not None else {}

    def python(self, run: Any) -> tuple[list[str], list[str], int | None]:
        """(imports, lines, step) of the result shown; without one, what the first experiment would be."""
        found = self.of(run).get(self.trial)
        return found.python if found else (PRICED[0], PRICED[1], None)


PRICED = (
    ["from playground.interventions.ablations import costs"],
    ["", "*_, found = costs(run.model, run.unseen)  # each part by itself", "print(found.frame())"],
)
