"""Transformer-XL's relative positions (Dai et al. 2019, arXiv:1901.02860, sec. 3.3), without its memory."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import refuse
from models.linear import Linear
from models.position.base import Position, PositionConfig, Relative, Room
from models.position.scaling import inverse_frequencies


class TransformerXL(PositionConfig):
    """score = (q + u) . k + (q + v) . W_R R(distance), R a sinusoid. u and v belong to each head of the stack, W_R to
    each layer. Looking both ways, later keys have negative distances.
    """

    acts_in_attention: ClassVar[bool] = True
    acts_on_scores: ClassVar[bool] = True
    kind: Literal["Transformer-XL"] = "Transformer-XL"
    paper = ("Dai et al. 2019, §3.3", "https://arxiv.org/abs/1901.02860")
    heading = "Sinusoid"
    adds = "position terms"
    enters = "Transformer-XL adds scores of its own for each distance, in every attention"
    sees = "u · k + (q + v) · W R(distance), beside q · k."

    def build(self, room: Room) -> Position:
        return DistanceSinusoid(room)

    def relative(self, room: Room) -> Relative:
        return DistanceProjection(room)

    def parameters(self, room: Room) -> int:
        return 2 * room.heads * room.head_dim

    def layer_parameters(self, room: Room) -> int:
        return room.width * room.heads * room.head_dim

    def layer_flops(self, room: Room) -> int:
        """W_R with every distance once per text, each query with every distance, u with each key."""
        rows = 2 if room.sees_ahead() else 1  # distances per token
        return 2 * room.heads * room.head_dim * (rows * (room.width + room.context) + 1)

    def check(self, room: Room) -> None:
        if room.width % 2:
            refuse("kind", f"Transformer-XL's sinusoids come in pairs, and width {room.width} is odd. Use an even one.")


def sinusoid(distances: Tensor, width: int) -> Tensor:
    """[sin(d / 10000^(2i/D)) ..., cos(same) ...]: (R, D) float32, in halves as in the authors' code."""
    angle = distances.double()[:, None] * inverse_frequencies(10_000.0, width)
    return torch.cat((angle.sin(), angle.cos()), dim=-1).float()


def shifted(placed_BHTR: Tensor) -> Tensor:
    """Row t moved left by T - 1 - t, as a view of the padded whole: column s of it is then key s. What follows column
    R - T + t is from elsewhere.
    """
    queries, rows = placed_BHTR.shape[-2:]
    padded = F.pad(placed_BHTR, (1, 0))
    return padded.flatten(-2).unflatten(-1, (rows + 1, queries))[..., 1:, :].flatten(-2).unflatten(-1, (queries, rows))


class DistanceSinusoid(Position):
    """What the layers share: u, v and the table of distances from context - 1 down to 0, or to -context."""

    table_RD: Tensor

    def __init__(self, room: Room):
        super().__init__()
        self.ahead, self.width, self.context = room.sees_ahead(), room.width, room.context
        self.u_HC = nn.Parameter(torch.empty(room.heads, room.head_dim))
        self.v_HC = nn.Parameter(torch.empty(room.heads, room.head_dim))
        self.register_buffer("table_RD", self._table(room.context, room.context), persistent=False)

    def _table(self, queries: int, keys: int) -> Tensor:
        return sinusoid(torch.arange(keys - 1, -queries - 1 if self.ahead else -1, -1), self.width)

    def rows(self, queries: int, keys: int) -> Tensor:
        """(R, D): of distances S - 1 down to 0, or to -T where a query may look ahead."""
        if keys > self.context:
            return self._table(queries, keys).to(self.table_RD)
        first = self.context - keys
        return self.table_RD[first : self.context + (queries if self.ahead else 0)]


class DistanceProjection(Relative):
    """One layer's W_R."""

    def __init__(self, room: Room):
        super().__init__()
        self.heads = room.heads
        self.project = Linear(room.width, room.heads * room.head_dim, bias=False)

    def scores(self, q_BHTC: Tensor, k_BGSC: Tensor, position: Position, start: int = 0) -> Tensor:
        """u . k_s + (q_t + v) . W_R R(t - s)."""
        assert isinstance(position, DistanceSinusoid)
        queries, keys = q_BHTC.shape[-2], k_BGSC.shape[-2]
        rows_RD = position.rows(queries, keys).to(self.project.weight.dtype)
        r_HRC = self.project(rows_RD).unflatten(-1, (self.heads, -1)).transpose(0, 1)
        placed_BHTR = (q_BHTC + position.v_HC[:, None]) @ r_HRC.mT
        u_GXC = position.u_HC.unflatten(0, (k_BGSC.shape[1], -1))  # consecutive heads share a key head
        content_BH1S = (u_GXC @ k_BGSC.mT).flatten(1, 2).unsqueeze(-2)
        return content_BH1S + shifted(placed_BHTR)[..., :keys]
