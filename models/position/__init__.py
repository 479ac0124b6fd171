"""Position schemes. A scheme is one file plus one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.config import slot
from models.position.alibi import ALiBi
from models.position.base import Position, PositionConfig, Relative, Room
from models.position.learned import Learned
from models.position.none import NoPosition
from models.position.rope import RoPE
from models.position.scaling import Scaling
from models.position.shaw import Shaw
from models.position.sinusoidal import Sinusoidal
from models.position.t5 import T5
from models.position.transformer_xl import TransformerXL

POSITIONS: dict[str, type[PositionConfig]] = {
    "none": NoPosition,
    "sinusoidal": Sinusoidal,
    "learned": Learned,
    "RoPE": RoPE,
    "ALiBi": ALiBi,
    "T5": T5,
    "Shaw": Shaw,
    "Transformer-XL": TransformerXL,
}

if TYPE_CHECKING:
    AnyPosition = PositionConfig
else:
    AnyPosition = slot(POSITIONS)

__all__ = [
    "POSITIONS",
    "T5",
    "ALiBi",
    "AnyPosition",
    "Learned",
    "NoPosition",
    "Position",
    "PositionConfig",
    "Relative",
    "RoPE",
    "Room",
    "Scaling",
    "Shaw",
    "Sinusoidal",
    "TransformerXL",
]
