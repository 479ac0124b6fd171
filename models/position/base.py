"""The three places where a position scheme may act: add to embeddings, rotate queries and keys, bias the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from torch import Tensor, nn

from models.config import Config


class Room(NamedTuple):
    """What a scheme must know of the stack it serves."""

    width: int
    heads: int
    head_dim: int
    context: int
    bidirectional: bool


class Position(nn.Module):
    """No position at all; each scheme overrides one of the three seams. `start` is the position of the first query."""

    def embed(self, x_BTD: Tensor, start: int = 0) -> Tensor:
        """Token embeddings with positions added."""
        return x_BTD

    def rotate(self, x_BHTC: Tensor, start: int = 0) -> Tensor:
        """Queries or keys with their positions turned in."""
        return x_BHTC

    def bias(self, queries: int, keys: int, start: int = 0) -> Tensor | None:
        """(H, T, S) added to the scores before the softmax, or None. Query t stands at start + t, key s at s."""
        return None


class PositionConfig(Config):
    """A position scheme as a value."""

    acts_in_attention: ClassVar[bool] = False
    """Whether the scheme rotates or biases, and so does nothing in a model without attention."""

    if TYPE_CHECKING:
        kind: Any  # the key in the registry; each variant declares its own

    def build(self, room: Room) -> Position:
        """The module, one per stack, shared by its layers."""
        raise NotImplementedError

    def parameters(self, room: Room) -> int:
        """Trained numbers, per stack."""
        return 0

    def check(self, room: Room) -> None:
        """Raise `Refused` where the scheme does not fit the model."""
