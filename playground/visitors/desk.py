"""What one visitor has asked for on the Checkpoints page, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playground.checkpoints.listing import Listing
    from playground.visitors.reading import Reader

Stage = Literal["", "asking", "found", "waiting", "fetching", "loading", "looking", "open"]


@dataclass
class Desk:
    """`reader` is what the lenses read; another checkpoint takes its place when it is open."""

    name: str = ""
    """A repository of the Hub, or a folder."""
    revision: str = ""
    listing: Listing | None = None
    stage: Stage = ""
    done: float = 0.0
    """Share of the stage, 0 to 1."""
    rate: float = 0.0
    """Bytes a second."""
    said: str = ""
    """Why what was asked for cannot be had."""
    text: str = ""
    """What is read; "": what the checkpoint begins with."""
    wrong: str = ""
    """Why a text cannot be read."""
    lens: str = "attention"
    """In sight."""
    reader: Reader | None = None

    @property
    def wanted(self) -> bool:
        """Whether it is open or is to be, and so is opened again where the session wakes."""
        return self.stage not in ("", "asking", "found")
