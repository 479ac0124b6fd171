"""What each head does with distance: mean weight and mean score of all pairs (query, key) that stand equally far apart.

Distances are in tokens back, query minus key; negative ones lie ahead. Where a mean is over, only pairs count that the
mask allows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.records import Scored

FEW = 0.25  # share of the queries that must see a distance for it to be a head's peak or part of its slope


def along(x: Tensor) -> Tensor:
    """(..., T, S) -> (..., T + S - 1): sums over all pairs of equal distance, from 1 - S (ahead) to T - 1 (back)."""
    queries, keys = x.shape[-2:]
    rows = F.pad(x.flip(-1), (0, queries)).flatten(-2)[..., :-queries]  # each row starts one column later
    return rows.unflatten(-1, (queries, queries + keys - 1)).sum(-2)


class Moments(NamedTuple):
    """Means of something (..., T, S) over batch and pairs, by distance: R distances; NaN where no pair has one."""

    mean: np.ndarray
    """(..., R)"""
    spread: np.ndarray
    """(..., R) standard deviation over the pairs of one distance."""
    explained: np.ndarray
    """(...) share of the variance over all pairs that lies between distances: R^2 of the best function of distance
    alone, 0 to 1; NaN where nothing varies.
    """


@torch.no_grad()
def moments(x_BHTS: Tensor, seen_BTS: Tensor) -> Moments:
    """By distance, of every head. `seen_BTS` may have one example for all."""
    seen = seen_BTS[:, None]
    if len(seen) > 1:
        x_BHTS = x_BHTS.where(seen, 0.0)
    times = len(x_BHTS) if len(seen) == 1 else 1  # one mask for all examples is laid over their sums
    count_R = times * along(seen.double().sum(0))
    total, seen = count_R.sum(), seen.any(dim=0)
    middle = (x_BHTS.sum(0).double() * seen).sum(dim=(-2, -1), keepdim=True) / total
    apart = x_BHTS - middle.to(x_BHTS.dtype)  # squares of what lies near 0 keep their digits
    if len(seen_BTS) > 1:
        apart = apart.where(seen_BTS[:, None], 0.0)
    sums, squares = (along(each.double() * seen) for each in (apart.sum(0), apart.square_().sum(0)))
    within, whole = (squares - sums.square() / count_R.clamp(min=1)).clamp(min=0), squares.sum(-1)
    explained = (1 - within.sum(-1) / whole).where(whole > 1e-12 * total, torch.nan).clamp(0, 1)
    return Moments((sums / count_R + middle[..., 0]).numpy(), (within / count_R).sqrt().numpy(), explained.numpy())


def counts(seen_BTS: Tensor) -> np.ndarray:
    """(R,) allowed pairs of each distance per example."""
    return along(seen_BTS.double().mean(0)).numpy()


def distances(queries: int, keys: int) -> np.ndarray:
    """(R,) the distances of `along`, in tokens back."""
    return np.arange(1 - keys, queries)


def even(seen_BTS: Tensor) -> Tensor:
    """(B, T, S) weights of a query that spreads its attention evenly over what it may see."""
    return seen_BTS / seen_BTS.sum(-1, keepdim=True).clamp(min=1)


def content(scored: Scored) -> Tensor:
    """(B, H, T, S) scaled products of queries and keys, soft-capped if the model caps them."""
    q_BHTC, k_BGSC = scored.q_BHTC.float(), scored.k_BGSC.float()
    k_BHSC = k_BGSC.repeat_interleave(q_BHTC.shape[1] // k_BGSC.shape[1], dim=1)
    scores_BHTS = q_BHTC @ k_BHSC.mT * scored.scale
    return scores_BHTS if scored.softcap is None else scored.softcap * torch.tanh(scores_BHTS / scored.softcap)


@torch.no_grad()
def pairs(scored: Scored, head: int, seen_BTS: Tensor, rotated: int, *, interleaved: bool) -> np.ndarray:
    """(P, R) what each rotated pair of channels adds to the mean score of a head; one more row for all channels that do
    not turn, if there are any. Their sum is the mean of scale q . k, before a soft-cap (Su et al. 2021,
    arXiv:2104.09864, eq. 16: the product is a sum over pairs).
    """
    group = head * scored.k_BGSC.shape[1] // scored.q_BHTC.shape[1]
    q_BTC, k_BSC = scored.q_BHTC[:, head].float(), scored.k_BGSC[:, group].float()
    at_PX = torch.arange(rotated).unflatten(0, (-1, 2) if interleaved else (2, -1))
    at_PX = at_PX if interleaved else at_PX.mT
    seen = seen_BTS.expand(len(q_BTC), *seen_BTS.shape[1:]).to(q_BTC.dtype)
    rows = torch.einsum("btpx,bspx,bts->pts", q_BTC[..., at_PX], k_BSC[..., at_PX], seen)
    if rotated < q_BTC.shape[-1]:
        rest = torch.einsum("btc,bsc,bts->ts", q_BTC[..., rotated:], k_BSC[..., rotated:], seen)
        rows = torch.cat((rows, rest[None]))
    return (scored.scale * along(rows.double()) / along(seen.double().sum(0))).numpy()


class Reach(NamedTuple):
    """What one head does with distance, in a few numbers."""

    peak: int
    """The distance with the largest mean weight, among those that enough queries see."""
    weight: float
    """The mean weight there; `chance` is that of even attention."""
    chance: float
    moved: float
    """Share of all attention that lies at other distances than with even attention: 0 to 1."""
    mean: float
    """Mean distance in tokens, ahead and back alike; `usual` is that of even attention."""
    usual: float
    halves: float | None
    """Tokens in which the weight, relative to even attention, halves; None where it does not fall steadily."""


def reach(at: np.ndarray, weight: np.ndarray, usual: np.ndarray, count: np.ndarray) -> Reach:
    """Of one head: distances, its mean weights, those of even attention, allowed pairs per example; all (R,)."""
    enough = count >= max(1.0, FEW * count.max())
    share, chance = np.nan_to_num(weight) * count, np.nan_to_num(usual) * count
    share = np.abs(share) / max(np.abs(share).sum(), 1e-12)
    chance /= max(chance.sum(), 1e-12)
    best = int(np.where(enough, np.nan_to_num(weight), -np.inf).argmax())
    apart = np.abs(at)
    return Reach(
        peak=int(at[best]),
        weight=float(weight[best]),
        chance=float(usual[best]),
        moved=float(np.abs(share - chance).sum() / 2),
        mean=float((share * apart).sum()),
        usual=float((chance * apart).sum()),
        halves=_halving(apart[enough], weight[enough], usual[enough], count[enough]),
    )


STEADY = 0.8  # R^2 of a straight line through the logarithms, from which a fall is called steady


def _halving(apart: np.ndarray, weight: np.ndarray, usual: np.ndarray, count: np.ndarray) -> float | None:
    if len(np.unique(apart)) < 4 or (weight <= 0).any() or (usual <= 0).any():
        return None
    y, w = np.log2(weight / usual), count / count.sum()
    x0, y0 = (w * apart).sum(), (w * y).sum()
    covariance, varied = (w * (apart - x0) * (y - y0)).sum(), (w * (y - y0) ** 2).sum()
    slope = covariance / (w * (apart - x0) ** 2).sum()
    steady = varied > 0 and covariance * slope / varied >= STEADY
    return float(-1 / slope) if steady and slope < 0 else None
