"""What the Positions page shows: a scheme, and where it is looked at."""

from __future__ import annotations

from pydantic import model_validator
from typing_extensions import Self

from models.config import Config, knob
from models.position import AnyPosition, Room, RoPE


class PositionSettings(Config):
    """A scheme in one head, or several, and the positions that are compared."""

    position: AnyPosition = RoPE()
    head_dim: int = knob(128, "Head dimension", "Channels of each query and key.", ge=2, le=256, step=2)
    heads: int = knob(8, "Heads", "Some schemes differ from head to head.", ge=1, le=32)
    distance: int = knob(
        256, "Distance", "How far apart query and key are at most.", ge=8, le=4096, most=1024, log=True, unit="tokens"
    )
    query: int = knob(40, "Query", "Where the query stands.", ge=0, le=4096, most=1024, unit="position")
    key: int = knob(12, "Key", "Where the key stands.", ge=0, le=4096, most=1024, unit="position")

    def room(self, *, bidirectional: bool = False) -> Room:
        """The stack that the scheme is looked at in."""
        longest = max(self.distance, self.query, self.key) + 1
        return Room(self.head_dim * self.heads, self.heads, self.head_dim, longest, bidirectional)

    @model_validator(mode="after")
    def _the_scheme_fits(self) -> Self:
        self.position.check(self.room())
        return self
