"""How far the predictions of one example move between two forward passes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional as F

from playground.tasks.base import IGNORE


class Moved(NamedTuple):
    """One example before and after, by position of the predictions, T of them."""

    ids: tuple[int, ...]
    """What the predicting stack reads before."""
    targets: tuple[int, ...]
    """What was to be predicted; `IGNORE` where nothing was."""
    wanted_before_T: np.ndarray
    """Probability of that token; NaN where nothing is scored."""
    wanted_after_T: np.ndarray
    logit_before_T: np.ndarray
    """Its logit, likewise."""
    logit_after_T: np.ndarray
    top_before_T: np.ndarray
    """Likeliest token."""
    top_after_T: np.ndarray
    kl_T: np.ndarray
    """KL(before || after), nats: 0 where nothing changes."""

    def frame(self) -> pd.DataFrame:
        """One row per position: position, token, target, wanted_before, wanted_after, logit_before, logit_after,
        top_before, top_after, kl.
        """
        columns = {
            "position": range(len(self.ids)),
            "token": self.ids,
            "target": pd.array([None if t == IGNORE else t for t in self.targets], dtype="Int64"),
            "wanted_before": self.wanted_before_T,
            "wanted_after": self.wanted_after_T,
            "logit_before": self.logit_before_T,
            "logit_after": self.logit_after_T,
            "top_before": self.top_before_T,
            "top_after": self.top_after_T,
            "kl": self.kl_T,
        }
        return pd.DataFrame(columns)


def moved(before_TV: Tensor, after_TV: Tensor, ids_T: Tensor, targets_T: Tensor) -> Moved:
    """From the logits of both passes."""
    before_TV, after_TV, targets_T = before_TV.float().cpu(), after_TV.float().cpu(), targets_T.cpu()
    log_before_TV, log_after_TV = before_TV.log_softmax(dim=-1), after_TV.log_softmax(dim=-1)
    kl_TV = F.kl_div(log_after_TV, log_before_TV, log_target=True, reduction="none")
    return Moved(
        tuple(ids_T.tolist()),
        tuple(targets_T.tolist()),
        _wanted(log_before_TV.exp(), targets_T),
        _wanted(log_after_TV.exp(), targets_T),
        _wanted(before_TV, targets_T),
        _wanted(after_TV, targets_T),
        before_TV.argmax(dim=-1).numpy(),
        after_TV.argmax(dim=-1).numpy(),
        kl_TV.sum(dim=-1).clamp(min=0).numpy(),
    )


def _wanted(of_TV: Tensor, targets_T: Tensor) -> np.ndarray:
    of_T = of_TV.gather(-1, targets_T.clamp(min=0)[:, None])[:, 0]
    return of_T.masked_fill(targets_T == IGNORE, torch.nan).numpy()
