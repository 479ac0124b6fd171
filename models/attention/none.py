"""No attention: a block that is a feed-forward network alone, position by position."""

from __future__ import annotations

from typing import Literal

from models.attention.base import FIRST, Attention, AttentionConfig, Where


class NoAttention(AttentionConfig):
    """Tokens do not see each other: what is left of a transformer is a network per position."""

    kind: Literal["none"] = "none"

    def build(self, width: int, where: Where = FIRST) -> Attention | None:
        return None
