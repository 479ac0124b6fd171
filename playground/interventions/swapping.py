"""Another token in the probe: what it changes in every prediction."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from models import Transformer
from playground.tasks.base import IGNORE, Batch
from playground.tasks.forward import forward, to

Side = Literal["ids", "source"]


class Swap(NamedTuple):
    """One example before and after, by position of the predictions, T of them."""

    side: Side
    position: int
    old: int
    new: int
    ids: tuple[int, ...]
    """What the predicting stack reads, before the swap."""
    targets: tuple[int, ...]
    """What was to be predicted before the swap; `IGNORE` where nothing was."""
    wanted_before_T: np.ndarray
    """Probability of that token; NaN where nothing is scored."""
    wanted_after_T: np.ndarray
    top_before_T: np.ndarray
    """Likeliest token."""
    top_after_T: np.ndarray
    kl_T: np.ndarray
    """KL(before || after), nats: 0 where the swap changes nothing."""

    def frame(self) -> pd.DataFrame:
        """One row per position: position, token, target, wanted_before, wanted_after, top_before, top_after, kl."""
        columns = {
            "position": range(len(self.ids)),
            "token": self.ids,
            "target": pd.array([None if t == IGNORE else t for t in self.targets], dtype="Int64"),
            "wanted_before": self.wanted_before_T,
            "wanted_after": self.wanted_after_T,
            "top_before": self.top_before_T,
            "top_after": self.top_after_T,
            "kl": self.kl_T,
        }
        return pd.DataFrame(columns)


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
    before_TV, after_TV = (
        forward(model, to(given, device)).logits_BTV[example].float().log_softmax(dim=-1).cpu()
        for given in (batch, other)
    )
    targets_T = batch.targets_BT[example].cpu()
    kl_T = F.kl_div(after_TV, before_TV, log_target=True, reduction="none").sum(dim=-1).clamp(min=0)
    return Swap(
        side,
        position,
        old,
        token,
        tuple(batch.ids_BT[example].tolist()),
        tuple(targets_T.tolist()),
        _wanted(before_TV, targets_T),
        _wanted(after_TV, targets_T),
        before_TV.argmax(dim=-1).numpy(),
        after_TV.argmax(dim=-1).numpy(),
        kl_T.numpy(),
    )


def _wanted(logs_TV: Tensor, targets_T: Tensor) -> np.ndarray:
    probs_T = logs_TV.gather(-1, targets_T.clamp(min=0)[:, None])[:, 0].exp()
    return probs_T.masked_fill(targets_T == IGNORE, torch.nan).numpy()
