"""One vector for a whole sentence (Reimers and Gurevych 2019, arXiv:1908.10084): the mean of its tokens' last vectors.

Names end in their axes: B sentence, T token, D width.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def sentences(last_BTD: Tensor, keep_BT: Tensor | None = None) -> Tensor:
    """(B, D) of length 1: the mean over the real tokens of what the last layer leaves; None: all are real."""
    keep_BT = torch.ones(last_BTD.shape[:2], dtype=torch.bool, device=last_BTD.device) if keep_BT is None else keep_BT
    real_BT1 = (keep_BT != 0)[..., None]
    sum_BD = last_BTD.float().where(real_BT1, 0.0).sum(1)
    return F.normalize(sum_BD / real_BT1.sum(1).clamp(min=1), dim=-1)


def cosines(sentence_BD: Tensor) -> Tensor:
    """(B, B) how alike each two sentences are: 1 is alike, 0 is unrelated."""
    return sentence_BD @ sentence_BD.T
