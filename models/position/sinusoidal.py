"""Sinusoidal positions (Vaswani et al. 2017, arXiv:1706.03762, sec. 3.5)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from models.config import knob, refuse
from models.position.base import ADDED, Position, PositionConfig, Room, end, places

PAPER = ("Vaswani et al. 2017", "https://arxiv.org/abs/1706.03762")


def sinusoid(start: int | Tensor, length: int, width: int, base: float = 10_000.0) -> Tensor:
    """PE[p, 2i] = sin(p / base^(2i/D)), PE[p, 2i+1] = cos(same): (T, D) or, of several starts, (B, T, D) float32,
    interleaved as in the paper.
    """
    at = places(start, length).double().cpu()
    angle = at[..., None] * base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2).float()


class Sinusoidal(PositionConfig):
    """A fixed table of sines and cosines is added to the embeddings."""

    absolute: ClassVar[bool] = True
    kind: Literal["sinusoidal"] = "sinusoidal"
    paper = ("Vaswani et al. 2017, §3.5", "https://arxiv.org/abs/1706.03762")
    chip = "Sinusoidal"
    heading = "Table"
    sees = ADDED
    amplitude: float = knob(
        1.0,
        "Amplitude",
        "The table is multiplied by this; 1 is the paper's.",
        ge=0.0,
        le=10.0,
        advanced=True,
        paper=PAPER,
    )

    def build(self, room: Room) -> Position:
        return SinusoidalPosition(self, room)

    def check(self, room: Room) -> None:
        if room.width % 2:
            refuse("kind", f"Sinusoidal positions come in pairs, and width {room.width} is odd. Use an even width.")


class SinusoidalPosition(Position):
    table_TD: Tensor

    def __init__(self, config: Sinusoidal, room: Room):
        super().__init__()
        self.amplitude = config.amplitude
        self.register_buffer("table_TD", sinusoid(0, room.context, room.width) * config.amplitude, persistent=False)

    def embed(self, x_BTD: Tensor, start: int | Tensor = 0) -> Tensor:
        length, width = x_BTD.shape[-2:]
        if end(start, length) <= self.table_TD.shape[0]:
            here = slice(start, start + length) if isinstance(start, int) else places(start, length)
            return x_BTD + self.table_TD[here].to(x_BTD.dtype)
        return x_BTD + (sinusoid(start, length, width) * self.amplitude).to(x_BTD)
