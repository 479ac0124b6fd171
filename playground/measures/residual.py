"""The residual stream of each token through the blocks of a stack -> numbers.

Names end in their axes: N state (0 is what the first block reads, 1 what it leaves, and so on), L block, T token, D
width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from models.records import LayerRecord

PARTS = ("attention", "cross", "feed_forward")


class Trajectory(NamedTuple):
    """How far each token comes, and how much it has turned."""

    norm_NT: Tensor
    """Norm of each state."""
    next_LT: Tensor
    """Cosine of each state with the one after the next block."""
    final_NT: Tensor
    """Cosine of each state with the last one."""


def states(records: Sequence[LayerRecord], example: int) -> Tensor:
    """(N, T, D) the residual stream of one example, as recorded.

    Raises ValueError where nothing was recorded.
    """
    found = [record.stream_BTD for record in records]
    first = records[0].before_BTD if records else None
    if first is None or any(stream is None for stream in found):
        raise ValueError("The stream was not recorded: run the model with record=True.")
    return torch.stack([first[example], *(stream[example] for stream in found if stream is not None)])


def added(records: Sequence[LayerRecord], example: int) -> dict[str, Tensor]:
    """Part -> (L, T) norm of what it adds to the stream in each block; only the parts that some block has.

    In a pre-norm model a state is the one before plus these vectors; a post-norm model norms after each addition.
    """
    of = {
        "attention": [record.attention_BTD for record in records],
        "cross": [record.cross_BTD for record in records],
        "feed_forward": [record.feed_forward_BTD for record in records],
    }
    return {
        part: torch.stack([t[example].float().norm(dim=-1) for t in each if t is not None])
        for part, each in of.items()
        if each and all(t is not None for t in each)
    }


def trajectory(states_NTD: Tensor) -> Trajectory:
    """Lengths and cosines of the states. The cosine with a vector of zeros is 0."""
    x_NTD = states_NTD.float()
    next_LT = F.cosine_similarity(x_NTD[:-1], x_NTD[1:], dim=-1)
    return Trajectory(x_NTD.norm(dim=-1), next_LT, F.cosine_similarity(x_NTD, x_NTD[-1:], dim=-1))
