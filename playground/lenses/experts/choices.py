"""What a visitor has chosen to see of the experts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from playground.visitors.choices import Choices

On = Literal["batch", "probe"]
Show = Literal["load", "devices", "paths", "ablate"]
ONS: tuple[On, ...] = ("batch", "probe")
SHOWS: tuple[Show, ...] = ("load", "devices", "paths", "ablate")


@dataclass
class ExpertChoices(Choices):
    """What is chosen in the Experts lens."""

    lens: ClassVar[str] = "experts"

    layer: int | None = None
    """None: the preset's, else the last layer with experts."""
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
class Costs:
    """What removing each expert costs: the change of the loss on held-out examples."""

    step: int
    examples: int
    before: float
    change_LE: np.ndarray
