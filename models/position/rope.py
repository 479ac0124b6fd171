"""Rotary positions, RoPE (Su et al. 2021, arXiv:2104.09864, eq. 15 and 34)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from models.config import knob, refuse
from models.position.base import Position, PositionConfig, Room, end, places
from models.position.scaling import Scaling, inverse_frequencies

PAPER = ("Su et al. 2021", "https://arxiv.org/abs/2104.09864")


class RoPE(PositionConfig):
    """Pairs of query and key channels turn by an angle proportional to the position: scores depend on distance only."""

    acts_in_attention: ClassVar[bool] = True
    kind: Literal["RoPE"] = "RoPE"
    paper = ("Su et al. 2021, §3.4", "https://arxiv.org/abs/2104.09864")
    heading = "Rotation"
    enters = "RoPE turns queries and keys, in every attention, by an angle that grows with the position"
    sees = "Queries and keys are turned by their positions, which enter a score only through their difference."
    base: float = knob(
        10_000.0,
        "Base",
        "Pair i turns by position x base^(-2i/r): a small base turns faster.",
        ge=1.5,
        le=1e8,
        most=1e6,
        log=True,
        paper=PAPER,
    )
    local_base: float | None = knob(
        None,
        "Base in local layers",
        "Where only some layers have a window, these turn by a base of their own, unstretched; empty: as the others.",
        ge=1.5,
        le=1e8,
        most=1e6,
        log=True,
        empty="same",
        advanced=True,
        paper=("Gemma 3, 2025", "https://arxiv.org/abs/2503.19786"),
    )
    fraction: float = knob(
        1.0,
        "Rotated fraction",
        "Share of each head's channels that is rotated; the rest carries no position (GPT-NeoX uses 0.25).",
        gt=0.0,
        le=1.0,
        step=0.05,
        advanced=True,
        paper=("Black et al. 2022", "https://arxiv.org/abs/2204.06745"),
    )
    pairing: Literal["half-split", "interleaved"] = knob(
        "half-split",
        "Pairing",
        "Which channels form a pair: (i, i + r/2) as in LLaMA checkpoints, or (2i, 2i + 1) as in RoFormer.",
        advanced=True,
    )
    scaling: Scaling = Scaling()

    def rotated(self, head_dim: int) -> int:
        """Channels that turn, r."""
        return int(head_dim * self.fraction)

    def in_local_layers(self) -> RoPE | None:
        """The rotation of layers with a window, where it differs."""
        return None if self.local_base is None else self.but(base=self.local_base, local_base=None, scaling=Scaling())

    def sharpness(self) -> float:
        return self.scaling.amplitude()

    def build(self, room: Room) -> Position:
        return Rotary(self, room)

    def check(self, room: Room) -> None:
        self.scaling.check()
        c = room.turning()
        r = self.rotated(c)
        if r % 2 or r == 0:
            part = f"{self.fraction:g} of head dimension {c} is {r} channel{'' if r == 1 else 's'}"
            why = f"{part}, {'an odd number' if r else 'nothing to turn'}" if self.fraction != 1 else ""
            near = (
                f"Use {f'{c - 1} or ' if c > 1 else ''}{c + 1}."
                if self.fraction == 1
                else "Change the fraction or the head dimension."
            )
            refuse(
                "fraction" if self.fraction != 1 else "head_dim",
                f"{why or f'Head dimension {c} is odd'}, and RoPE rotates pairs of channels. {near}",
            )


def decay_bound(distances: Tensor, base: float = 10_000.0, rotated: int = 128) -> Tensor:
    """mean_j |S_j| with S_j = sum_{i<j} e^(i m theta_i), j = 1..r/2, for each distance m: float64.

    RoFormer's long-term decay (sec. 3.4.3, eq. 35-37): a rotated score at distance m is at most r/2 times this times
    the largest step between products of neighbouring pairs. It falls in the long run, not from each distance to the
    next.
    """
    angle_MP = distances.double()[:, None] * inverse_frequencies(base, rotated)
    return torch.polar(torch.ones_like(angle_MP), angle_MP).cumsum(-1).abs().mean(-1)


class Rotary(Position):
    cos_TR: Tensor
    sin_TR: Tensor

    def __init__(self, config: RoPE, room: Room):
        super().__init__()
        self.interleaved = config.pairing == "interleaved"
        self.config, self.rotated = config, config.rotated(room.turning())
        if torch.empty(0).is_meta:  # shapes alone; torch would load its compiler to count there
            cos_TR, sin_TR = (torch.empty(room.context, self.rotated) for _ in range(2))
        else:
            cos_TR, sin_TR = self._angles(torch.arange(room.context))
        self.register_buffer("cos_TR", cos_TR, persistent=False)
        self.register_buffer("sin_TR", sin_TR, persistent=False)
        local = config.in_local_layers()
        self.local = None if local is None else Rotary(local, room)

    def near(self) -> Position:
        return self.local or self

    def _angles(self, at: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and signed sines (..., T, R) of each channel that turns, at positions (..., T): the rotation is
        x cos + partner(x) sin.

        Angles in float64, tables in float32: bfloat16 cannot tell position 256 from 257.
        """
        scaling = self.config.scaling
        angle = at.double()[..., None] * scaling.frequencies(self.config.base, self.rotated)
        both = torch.stack((angle, -angle), dim=-1 if self.interleaved else -2).flatten(-2)
        return (both.cos() * scaling.amplitude()).float(), (-both.sin() * scaling.amplitude()).float()

    def _partner(self, x_BHTR: Tensor) -> Tensor:
        """Each channel's other one of its pair, in its place."""
        if self.interleaved:
            return x_BHTR.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
        return x_BHTR.roll(self.rotated // 2, dims=-1)

    def tables(self, start: int | Tensor, length: int) -> tuple[Tensor, Tensor]:
        """(T, R), or (B, 1, T, R) of several starts."""
        context = self.cos_TR.shape[0]
        if isinstance(start, int) and start + length <= context:
            return self.cos_TR[start : start + length], self.sin_TR[start : start + length]
        at = places(start, length)
        at = at if isinstance(start, int) else at[:, None]
        inside = end(start, length) <= context
        cos, sin = (self.cos_TR[at], self.sin_TR[at]) if inside else self._angles(at.cpu())
        return cos.to(self.cos_TR.device), sin.to(self.cos_TR.device)

    def rotate(self, x_BHTC: Tensor, start: int | Tensor = 0, tables: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """x cos + partner(x) sin, for the channels that turn (eq. 34)."""
        r, (cos, sin) = self.rotated, tables or self.tables(start, x_BHTC.shape[-2])
        turning = x_BHTC if r == x_BHTC.shape[-1] else x_BHTC[..., :r]
        turned = (turning * cos + self._partner(turning) * sin).to(x_BHTC.dtype)
        return turned if r == x_BHTC.shape[-1] else torch.cat((turned, x_BHTC[..., r:]), dim=-1)

    def sharpened(self, q_BHTC: Tensor) -> Tensor:
        sharper, r = self.config.sharpness() ** 2, self.rotated
        if sharper == 1 or r == q_BHTC.shape[-1]:
            return q_BHTC
        return torch.cat((q_BHTC[..., :r], sharper * q_BHTC[..., r:]), dim=-1)
