"""What the Positions page shows: a scheme, where it is looked at, and what is kept in the chart beside it."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator
from typing_extensions import Self

from models.config import Config, Refused, knob, refuse
from models.position import AnyPosition, Room, RoPE

KEPT = 3  # settings beside the one in hand: a chart holds four curves


class Setting(Config):
    """A scheme in one stack. Its width is the head dimension: what an absolute scheme adds to a token is compared as it
    is, without the matrices that make queries and keys of it.
    """

    position: AnyPosition = RoPE()
    head_dim: int = knob(128, "Head dimension", "Channels of each query and key.", ge=2, le=256, step=2)
    heads: int = knob(8, "Heads", "Some schemes differ from head to head.", ge=1, le=32)
    sight: Literal["back", "both ways"] = knob(
        "back", "Looks", "Back only, as a decoder does, or both ways, as an encoder does."
    )
    trained: int = knob(
        64, "Trained length", "Positions that training has shown.", ge=1, le=4096, most=512, log=True, unit="tokens"
    )

    def seen(self) -> int:
        """The trained length; RoPE's scaling has its own, because some ways count turns in it."""
        return self.position.scaling.trained if isinstance(self.position, RoPE) else self.trained

    def room(self, context: int) -> Room:
        """The stack that the scheme is looked at in."""
        return Room(self.head_dim, self.heads, self.head_dim, context, self.sight == "both ways")

    @model_validator(mode="after")
    def _the_scheme_fits(self) -> Self:
        try:
            self.position.check(self.room(self.trained))
        except Refused as refused:
            mine = refused.field in type(self).model_fields
            refuse(refused.field if mine else f"position.{refused.field}", refused.sentence)
        return self


class PositionSettings(Setting):
    """The page's whole state."""

    distance: int = knob(
        256, "Distance", "How far apart query and key are at most.", ge=8, le=4096, most=1024, log=True, unit="tokens"
    )
    query: int = knob(40, "Query", "Where the query stands.", ge=0, le=4096, most=1024, unit="position")
    key: int = knob(12, "Key", "Where the key stands.", ge=0, le=4096, most=1024, unit="position")
    shift: int = knob(
        16, "Shift", "Query and key move on together by this much.", ge=0, le=4096, most=512, unit="tokens"
    )
    head: int = knob(0, "Head", "The head drawn; the last one where there are fewer.", ge=0, le=31)
    pair: int = knob(12, "Pair", "The rotating pair drawn large; the last one where there are fewer.", ge=0, le=127)
    tab: str = "decay"
    """The one in sight; which there are, the page knows."""
    kept: tuple[Setting, ...] = knob((), "In the chart", "Settings drawn beside the one in hand.", max_length=KEPT)

    def now(self) -> Setting:
        """The one in hand, as it would be kept."""
        return Setting.model_validate({name: getattr(self, name) for name in Setting.model_fields})

    def drawn_head(self) -> int:
        return min(self.head, self.heads - 1)

    def pairs(self) -> int:
        """Of the rotation in hand; 0 where nothing turns."""
        return self.position.rotated(self.head_dim) // 2 if isinstance(self.position, RoPE) else 0

    def drawn_pair(self) -> int:
        return max(0, min(self.pair, self.pairs() - 1))
