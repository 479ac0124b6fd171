"""Relative positions in keys and values (Shaw et al. 2018, arXiv:1803.02155, eq. 3 and 4)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.config import knob
from models.position.base import Position, PositionConfig, Relative, Room

PAPER = ("Shaw et al. 2018", "https://arxiv.org/abs/1803.02155")


class Shaw(PositionConfig):
    """A trained vector per distance is added to each key and to each value, as this query sees them. Every layer has
    its own two tables, which its heads share; in a causal stack the rows of later keys are idle.
    """

    acts_in_attention: ClassVar[bool] = True
    acts_on_scores: ClassVar[bool] = True
    kind: Literal["Shaw"] = "Shaw"
    paper = ("Shaw et al. 2018, §3.2", "https://arxiv.org/abs/1803.02155")
    heading = "Clip"
    adds = "relative keys"
    enters = "Shaw’s relative positions add a trained vector for each distance to the keys, in every attention"
    sees = "Each query meets a trained vector of its distance to the key: q · a, beside q · k."
    clip: int = knob(
        16, "Clip", "All distances from here on share one vector, on each side.", ge=1, le=4096, most=64, paper=PAPER
    )

    def build(self, room: Room) -> Position:
        return Position()

    def relative(self, room: Room) -> Relative:
        return DistanceTables(self.clip, room)

    def layer_parameters(self, room: Room) -> int:
        return (2 * self.clip + 1) * (room.head_dim + (room.value_dim or room.head_dim))

    def layer_flops(self, room: Room) -> int:
        """Each query with each row for the keys, and each row's weight with it for the values."""
        mixed = (room.value_dim or room.head_dim) // room.maps
        return 2 * (2 * self.clip + 1) * room.heads * (room.head_dim + mixed)


class DistanceTables(Relative):
    mixes = True

    def __init__(self, clip: int, room: Room):
        super().__init__()
        self.clip = clip
        self.key_table = nn.Parameter(torch.empty(2 * clip + 1, room.head_dim))
        self.value_table = nn.Parameter(torch.empty(2 * clip + 1, room.value_dim or room.head_dim))

    def _row(self, like_BHTX: Tensor, keys: int, start: int) -> Tensor:
        """clip(s - t) + clip of each query and key, for every head: (B, H, T, S)."""
        batch, heads, queries, _ = like_BHTX.shape
        at_T1 = torch.arange(start, start + queries, device=like_BHTX.device)[:, None]
        at_TS = (torch.arange(keys, device=like_BHTX.device)[None] - at_T1).clamp(-self.clip, self.clip) + self.clip
        return at_TS.expand(batch, heads, queries, keys)

    def scores(self, q_BHTC: Tensor, k_BGSC: Tensor, position: Position, start: int = 0) -> Tensor:
        """q_t . a_{s-t}: each query meets each row once."""
        met_BHTR = q_BHTC @ self.key_table.mT
        return met_BHTR.gather(-1, self._row(q_BHTC, k_BGSC.shape[-2], start))

    def values(self, weights_BHTS: Tensor, start: int = 0) -> Tensor:
        """sum_s weight_ts a'_{s-t}: weights of equal rows are added first."""
        row_BHTS = self._row(weights_BHTS, weights_BHTS.shape[-1], start)
        sums_BHTR = weights_BHTS.new_zeros(*weights_BHTS.shape[:-1], len(self.value_table))
        return sums_BHTR.scatter_add(-1, row_BHTS, weights_BHTS) @ self.value_table
