"""Another token in the probe: what it changes in every prediction."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pandas as pd
import torch

from models import Transformer
from playground.interventions.moved import Moved, moved
from playground.tasks.base import Batch
from playground.tasks.forward import forward, to

Side = Literal["ids", "source"]


class Swap(NamedTuple):
    """What a swap changes."""

    side: Side
    position: int
    old: int
    new: int
    moved: Moved
    """The predictions of the example; `ids` and `targets` are those before the swap."""

    def frame(self) -> pd.DataFrame:
        """See `Moved.frame`."""
        return self.moved.frame()


@torch.no_grad()
def swap(
    model: Transformer, batch: Batch, position: int, token: int, *, example: int = 0, side: Side | None = None
) -> Swap:
    """Put `token` at a position of one example, of what the encoder of an encoder-decoder reads (`side` "source") or of
    `ids`; by default of the source where there is one. Raises ValueError for a place or token that is not there, and
    for the token that stands there.
    """
    side = side or ("ids" if batch.source_BS is None else "source")
    read_BT = batch.ids_BT if side == "ids" else batch.source_BS
    if read_BT is None:
        raise ValueError(f"This model is {model.config.topology}: it reads no source to swap a token of.")
    examples, length = read_BT.shape
    if not 0 <= example < examples or not 0 <= position < length:
        there = f"There are {examples} examples of {length} tokens, counted from 0"
        raise ValueError(f"{there}; got example {example}, position {position}.")
    if not 0 <= token < model.config.vocab:
        raise ValueError(f"Tokens are numbers from 0 to {model.config.vocab - 1}; got {token}.")
    old = int(read_BT[example, position])
    if token == old:
        raise ValueError(f"Token {old} stands there already. Choose another.")
    swapped_BT = read_BT.clone()
    swapped_BT[example, position] = token
    other = batch._replace(**{"ids_BT" if side == "ids" else "source_BS": swapped_BT})
    device = next(model.parameters()).device
    before_TV, after_TV = (forward(model, to(given, device)).logits_BTV[example] for given in (batch, other))
    found = moved(before_TV, after_TV, batch.ids_BT[example], batch.targets_BT[example])
    return Swap(side, position, old, token, found)
