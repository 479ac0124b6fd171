"""What each attention head does: role scores, entropy and distance, from its weights on probe examples.

A role names cells (query, key) by the tokens alone; its score is the mean, over the queries that have such a cell, of
the weight that lies on their cells (as the head detectors of Olsson et al. 2022, arXiv:2209.11895, sec. "per-head
analysis"). `chance` is the score of a head that spreads its attention evenly over what it may see.

Rows of some attentions are no probability distributions (`AttentionConfig.rows`): weights may be negative, and need not
sum to 1. A row with more than 1 of absolute weight counts as shares of it, so that scores stay within -1 and 1 and a
head that subtracts bears no role's name; one with less counts as it is, so that a head that looks at nothing bears none
either. They have no entropy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

SELF_ROLES = ("induction", "target token", "duplicate token", "previous token", "first token", "current token")
CROSS_ROLES = ("target token", "same place", "mirrored place")
NAMED_FROM = 0.4  # a head gets a role's name if its score is above this, and twice chance, by its standard error
CELLS = 2**21  # weights that one measurement reads
CLOSE = 0.9  # roles may share cells: of those this near to the best score, the first in order names the head
NEAR = 2.5  # a head without a role whose mean distance is below this many tokens "attends to recent tokens"
EXACT = 1e-3  # how far the sum of a row may be from 1 in a distribution
QUIET = 0.1  # absolute weight of a row, on average, below which a head hardly looks at anything
SHARP = 0.7  # a head without a role whose rows have fewer bits looks at one key, wherever that is


def self_cells(ids_BT: Tensor, *, causal: bool, wanted_BT: Tensor | None = None) -> dict[str, Tensor]:
    """Role -> (B, T, S) True where that role looks, for attention of a sequence to itself.

    `wanted_BT` is the token to predict at each query, negative where nothing is scored.
    """
    length = ids_BT.shape[1]
    at_T1, at_1S = torch.arange(length)[:, None], torch.arange(length)[None]
    other = at_1S < at_T1 if causal else at_1S != at_T1
    same_BTS = ids_BT[:, :, None] == ids_BT[:, None, :]
    after_BTS = torch.zeros_like(same_BTS)
    after_BTS[:, :, 1:] = same_BTS[:, :, :-1]  # the key's predecessor is the query's token
    cells = {"induction": after_BTS & other}
    if wanted_BT is not None:
        cells["target token"] = (wanted_BT[:, :, None] == ids_BT[:, None, :]) & other
    flat = {
        "previous token": at_1S == at_T1 - 1,
        "first token": (at_1S == 0) & (at_T1 > 0),
        "current token": at_1S == at_T1,
    }
    cells["duplicate token"] = same_BTS & other
    cells |= {name: cell.expand(same_BTS.shape) for name, cell in flat.items()}
    return {name: cells[name] for name in SELF_ROLES if name in cells}


def cross_cells(wanted_BT: Tensor, source_BS: Tensor) -> dict[str, Tensor]:
    """Role -> (B, T, S) for a decoder that looks at a source: where the token it should write stands, and two
    alignments.
    """
    queries, keys = wanted_BT.shape[1], source_BS.shape[1]
    at_T1, at_1S = torch.arange(queries)[:, None], torch.arange(keys)[None]
    same_BTS = wanted_BT[:, :, None] == source_BS[:, None, :]
    return {
        "target token": same_BTS,
        "same place": (at_1S == at_T1).expand(same_BTS.shape),
        "mirrored place": (at_1S == keys - 1 - at_T1).expand(same_BTS.shape),
    }


def scores(weights: Tensor, cells: Mapping[str, Tensor]) -> Tensor:
    """(L, H, roles) mean weight on each role's cells, over the queries that have one; 0 where none has."""
    masks = torch.stack([cells[name] for name in cells]).to(weights.dtype)  # roles, B, T, S
    queries = masks.amax(dim=-1).sum(dim=(1, 2)).clamp(min=1)
    return torch.einsum("lbhts,rbts->lhr", weights, masks) / queries


def counts(cells: Mapping[str, Tensor]) -> tuple[int, ...]:
    """How many queries have a cell of each role: what its score is the mean of."""
    return tuple(int(cells[name].any(dim=-1).sum()) for name in cells)


def distributions(weights: Tensor) -> bool:
    """Whether every row (..., S) has no weight below 0 and sums to 1, or to 0 where a query sees nothing."""
    sums = weights.sum(dim=-1)
    return bool((weights.amin() >= 0) & (((sums - 1).abs() < EXACT) | (sums == 0)).all())


def absolute(weights: Tensor) -> Tensor:
    """(..., S) rows divided by the sum of their absolute values; a row of zeros stays one."""
    return weights / weights.abs().sum(dim=-1, keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)


def entropy_bits(weights: Tensor) -> Tensor:
    """(..., H) mean entropy of a row in bits over batch and queries; 0 = one key, log2(S) = spread evenly."""
    return torch.special.entr(weights).sum(dim=-1).mean(dim=(-3, -1)) / math.log(2)


def mean_distance(weights: Tensor) -> Tensor:
    """(..., H) mean of |query - key| in tokens, weighted by attention."""
    queries, keys = weights.shape[-2:]
    apart_TS = (torch.arange(queries)[:, None] - torch.arange(keys)[None]).abs().to(weights.dtype)
    return (weights * apart_TS).sum(dim=-1).mean(dim=(-3, -1))


class Heads(NamedTuple):
    """The measures of every head of one stack."""

    roles: tuple[str, ...]
    scores: np.ndarray
    """(L, H, roles), each 0 to 1; -1 to 1 where rows are not probability distributions."""
    bits: np.ndarray
    """(L, H) mean entropy of a row, bits; NaN where rows are not probability distributions."""
    distance: np.ndarray
    """(L, H) mean distance looked back (or away), tokens."""
    chance: tuple[float, ...]
    """Each role's score under even attention."""
    distributions: bool = True
    """Whether every row of every head is one."""
    queries: tuple[int, ...] = ()
    """How many queries each role's score is the mean of; empty where that is not known."""
    total: np.ndarray | None = None
    """(L, H) mean absolute weight of a row; None where every row has 1."""

    def error(self, role: int) -> float:
        """The largest standard error that a role's score can have: of shares between 0 and 1, over its queries."""
        return 0.5 / math.sqrt(max(1, self.queries[role])) if self.queries else 0.0

    def role(self, layer: int, head: int) -> tuple[str, float]:
        """(name, score) of the strongest role; another name where no role stands out."""
        row = self.scores[layer, head]
        best = int(row.argmax())
        for r, score in enumerate(row):
            if score >= max(NAMED_FROM, 2 * self.chance[r]) + self.error(r) and score >= CLOSE * row[best]:
                return self.roles[r], float(score)
        if self.total is not None and self.total[layer, head] < QUIET:
            return "hardly looks", float(row[best])
        if self.bits[layer, head] < SHARP:
            return "one key, unnamed", float(row[best])
        return ("recent tokens" if self.distance[layer, head] < NEAR else "broad"), float(row[best])

    def frame(self) -> pd.DataFrame:
        """One row per head: layer, head, role, score, bits, distance, and a column per role."""
        rows = []
        for layer, head in np.ndindex(self.bits.shape):
            numbers = (self.bits[layer, head], self.distance[layer, head], *self.scores[layer, head])
            rows.append((layer, head, *self.role(layer, head), *(float(n) for n in numbers)))
        return pd.DataFrame(rows, columns=["layer", "head", "role", "score", "bits", "distance", *self.roles])


def heads(layers: Sequence[Tensor], cells: Mapping[str, Tensor]) -> Heads:
    """Measure the heads of `layers`, (B, H, T, S) weights each, against role cells (B, T, S).

    Where there are many heads and long sequences, on the first examples only, so that a look stays quick.
    """
    examples = max(1, min(len(layers[0]), CELLS // (len(layers) * layers[0][0].numel())))
    weights = torch.stack([w[:examples].float().cpu() for w in layers])
    plain = distributions(weights)
    cells = {name: cell[:examples] for name, cell in cells.items()}
    lit = weights > 0 if plain else weights != 0
    seen_TS = lit.flatten(0, 2).any(dim=0)  # by any head of any layer: one may be saturated
    even_TS = seen_TS / seen_TS.sum(dim=-1, keepdim=True).clamp(min=1)
    batch = weights.shape[1]
    chance = scores(even_TS.expand(1, batch, 1, *even_TS.shape), cells)[0, 0]
    shares, sums = absolute(weights), weights.abs().sum(dim=-1)
    score = scores(weights if plain else shares * sums.clamp(max=1)[..., None], cells)
    bits = entropy_bits(weights) if plain else torch.full((len(layers), weights.shape[2]), torch.nan)
    distance = mean_distance(weights if plain else shares.abs())
    return Heads(
        tuple(cells),
        score.numpy(),
        bits.numpy(),
        distance.numpy(),
        tuple(chance.tolist()),
        plain,
        counts(cells),
        None if plain else sums.mean(dim=(1, 3)).numpy(),
    )
