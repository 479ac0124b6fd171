"""Which vectors a visitor has chosen to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from playground.visitors.choices import Choices


@dataclass
class VectorChoices(Choices):
    """What is chosen in the Embeddings lens, and in what an input vector is made of."""

    lens: ClassVar[str] = "embeddings"

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
    rows: dict[str, Any] = field(default_factory=dict)
    """Of each large table the text that is read, and the rows that are drawn for it."""
    blank: Any = None
    """The model of the controls, before there is a run."""

    def take(self, name: str, value: Any) -> None:
        """Change one choice; what is no choice is left alone."""
        if name in ("table", "axes", "stack") and isinstance(value, str) and len(value) < 40:
            setattr(self, name, value)
            self.chosen = None if name == "table" else self.chosen
        elif name in ("chosen", "place", "boundary") and type(value) is int and 0 <= value < 2**20:
            setattr(self, name, value)
