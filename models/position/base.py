"""The places where a position scheme may act: add to embeddings, rotate queries and keys, bias the scores; and, in each
layer, add to scores and values what depends on the queries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from models.config import Config

ADDED = (
    "Positions are added to the vectors, so a score depends on both absolute positions; what distance explains of it, "
    "the model has learned."
)


class Room(NamedTuple):
    """What a scheme must know of the stack it serves."""

    width: int
    heads: int
    head_dim: int
    context: int
    bidirectional: bool
    prefix: bool = False
    value_dim: int = 0
    """Channels of what a head mixes; 0: as many as a query has."""
    maps: int = 1
    """How many of the heads share what they mix (`AttentionConfig.maps`)."""
    rope_dim: int = 0
    """Channels of a query, its first, that may turn; 0: all."""

    def turning(self) -> int:
        """Channels of a query that a rotation may turn."""
        return self.rope_dim or self.head_dim

    def sees_ahead(self) -> bool:
        """Whether some query may look at a later key."""
        return self.bidirectional or self.prefix


def places(start: int | Tensor, length: int, device: torch.device | None = None) -> Tensor:
    """Positions from `start` on: (T,), or (B, T) from each example's own start; 0 in padding before a text."""
    if isinstance(start, int):
        return torch.arange(start, start + length, device=device)
    return (start[:, None] + torch.arange(length, device=start.device)).clamp(min=0)


def end(start: int | Tensor, length: int) -> int:
    """The first position behind all texts."""
    return length + (start if isinstance(start, int) else int(start.max()))


class Position(nn.Module):
    """No position at all; a scheme overrides what it does. `start` is the position of the first query, or of that of
    each example, (B,); where only distances count, `bias`, it is the place among the keys.
    """

    acts: ClassVar[frozenset[str]] = frozenset()
    """Which of embed, tables and bias it overrides: where it acts for all layers of a pass."""

    def __init_subclass__(cls) -> None:
        cls.acts = frozenset(n for n in ("embed", "tables", "bias") if getattr(cls, n) is not getattr(Position, n))

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """Tables of numbers go where the model goes and stay in float32: bfloat16 cannot tell position 256 from 257."""
        exact = dict(self._buffers)
        super()._apply(fn, recurse)
        for name, table in exact.items():
            moved = self._buffers[name]
            if table is not None and moved is not None and moved.dtype != table.dtype:
                self._buffers[name] = table.to(moved.device)
        return self

    def embed(self, x_BTD: Tensor, start: int | Tensor = 0) -> Tensor:
        """Token embeddings with positions added."""
        return x_BTD

    def near(self) -> Position:
        """The scheme of layers with a window, where it differs."""
        return self

    def tables(self, start: int | Tensor, length: int) -> Any:
        """What `rotate` needs at these positions, made once for all layers of a pass; None: nothing is rotated."""
        return None

    def rotate(self, x_BHTC: Tensor, start: int | Tensor = 0, tables: Any = None) -> Tensor:
        """Queries or keys, rotated by their positions."""
        return x_BHTC

    def sharpened(self, q_BHTC: Tensor) -> Tensor:
        """Rotated queries whose other channels are sharpened as those that turn (`PositionConfig.sharpness`)."""
        return q_BHTC

    def bias(self, queries: int, keys: int, start: int = 0) -> Tensor | None:
        """(H, T, S) added to the scores before the softmax, or None. Query t stands at start + t, key s at s."""
        return None


class Relative(nn.Module):
    """What a scheme does in one layer's self-attention with what that layer alone knows: its queries and its weights.
    Cross-attention has none: positions of two texts have no distance.
    """

    mixes: ClassVar[bool] = False
    """Whether `values` adds something, so that the weights have to be written out."""

    def scores(self, q_BHTC: Tensor, k_BGSC: Tensor, position: Position, start: int = 0) -> Tensor:
        """(B, H, T, S), added to q . k before it is scaled; `position` is what the layers of the stack share."""
        raise NotImplementedError

    def values(self, weights_BHTS: Tensor, start: int = 0) -> Tensor:
        """(B, H, T, C), added to the mixed values."""
        raise NotImplementedError


class PositionConfig(Config):
    """A position scheme as a value."""

    tells: ClassVar[bool] = True
    """Whether it says anything of positions."""

    acts_in_attention: ClassVar[bool] = False
    """Whether the scheme rotates or biases, and so does nothing in a model without attention."""

    absolute: ClassVar[bool] = False
    """Whether it says where in the text a token stands, and not only how far it is from another."""

    acts_on_scores: ClassVar[bool] = False
    """Whether it adds to the scores, and so needs a softmax over them."""

    ends: ClassVar[bool] = False
    """Whether it has nothing for positions beyond the context."""

    paper: ClassVar[tuple[str, str] | None] = None
    """Who proposed it and where, and the address."""

    chip: ClassVar[str] = ""
    """What it is called where there is little room; "": as its kind."""

    called: ClassVar[str] = ""
    """What it is called in a sentence; "": as its kind."""

    heading: ClassVar[str] = ""
    """What its settings are called; "": as its kind."""

    adds: ClassVar[str] = "bias"
    """What it adds to a score."""

    enters: ClassVar[str] = "Positions act inside the attention"
    """Where positions come in, if they are not added to the embeddings."""

    sees: ClassVar[str] = ""
    """How distance reaches a score, in a sentence."""

    if TYPE_CHECKING:
        kind: Any  # the key in the registry; each variant declares its own

    def build(self, room: Room) -> Position:
        """The module, one per stack, shared by its layers."""
        raise NotImplementedError

    def relative(self, room: Room) -> Relative | None:
        """A module for each layer, where the scheme needs the queries; else None."""
        return None

    def sharpness(self) -> float:
        """What rotated queries and keys are multiplied with."""
        return 1.0

    def parameters(self, room: Room) -> int:
        """Parameters, per stack."""
        return 0

    def layer_parameters(self, room: Room) -> int:
        """Parameters of `relative`, per layer."""
        return 0

    def layer_flops(self, room: Room) -> int:
        """FLOPs of `relative` per token of a full context, per layer."""
        return 0

    def check(self, room: Room) -> None:
        """Raise `Refused` where the scheme does not fit the model."""
