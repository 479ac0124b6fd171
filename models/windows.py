"""What word2vec draws: which words stay, how wide each window is, and the negatives.

Names of tensors: N words of the text, X stretch of it, B stretch of an update, T centre in a stretch, S place where its
contexts stand, V vocabulary, M negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

STRETCH = 16  # centres side by side that share their negatives and are one matrix product


class Windows(NamedTuple):
    """Some stretches of a text. What a centre does not see is not its context."""

    centres_BT: Tensor
    contexts_BS: Tensor
    see_BTS: Tensor
    words: int
    """How many words of the text they stand for, those included that subsampling left out."""


def keep_chances(counts_V: Tensor, threshold: float, formula: Literal["code", "paper"]) -> Tensor:
    """(V,) the chance that an occurrence of each word stays, float64; 1 where the formula says more."""
    if not threshold:
        return torch.ones(len(counts_V), dtype=torch.float64)
    share_V = counts_V.double() / counts_V.sum() / threshold
    chance_V = share_V.rsqrt() if formula == "paper" else (share_V.sqrt() + 1) / share_V
    return chance_V.clamp(max=1.0)


def noise(counts_V: Tensor, power: float) -> Tensor:
    """(V,) the chance that each word is drawn as a negative, summed up to 1 from the first word on; float64."""
    weight_V = counts_V.double() ** power
    sum_V = weight_V.cumsum(0)
    return sum_V / sum_V[-1]


def draw(upto_V: Tensor, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Words by their summed chances."""
    return torch.searchsorted(upto_V, torch.rand(shape, generator=generator, dtype=torch.float64), right=True)


def widths(count: int, window: int, generator: torch.Generator) -> Tensor:
    """How far each centre sees: 1 to the window, each equally often."""
    return torch.randint(1, window + 1, (count,), generator=generator, dtype=torch.int32)


def windows(
    ids_N: Tensor,
    sentence_N: Tensor | None,
    keep_V: Tensor,
    *,
    window: int,
    batch: int,
    generator: torch.Generator,
) -> Iterator[Windows]:
    """One epoch, in the order of the text, some `batch` words at a time.

    Words that are left out close up: a window reaches over them. It does not reach into another sentence.
    """
    chance_N = keep_V[ids_N]
    place = (torch.rand(len(ids_N), generator=generator, dtype=torch.float64) < chance_N).nonzero().flatten()
    fill = (
        window,
        window + max(-len(place) % STRETCH, STRETCH - len(place)),
    )  # a whole number of stretches, at least one
    kept = F.pad(ids_N[place], fill)
    where = torch.zeros_like(place) if sentence_N is None else sentence_N[place]
    where = F.pad(where.to(torch.int32), fill, value=-1)
    reach = F.pad(widths(len(place), window, generator), (0, fill[1] - window))
    ids_XS = kept.unfold(0, STRETCH + 2 * window, STRETCH)
    where_XS = where.unfold(0, STRETCH + 2 * window, STRETCH)
    apart_TS = (torch.arange(ids_XS.shape[1])[None] - window - torch.arange(STRETCH)[:, None]).abs().to(torch.int32)
    apart_TS[apart_TS == 0] = window + 1  # no word is its own context
    middle, done, step = slice(window, window + STRETCH), 0, max(1, batch // STRETCH)
    for at in range(0, len(ids_XS), step):
        here = slice(at, at + step)
        centres_BT, there_BS = ids_XS[here, middle], where_XS[here]
        reach_BT = reach[at * STRETCH :][: centres_BT.numel()].view(centres_BT.shape)
        see_BTS = (apart_TS <= reach_BT[..., None]) & (there_BS[:, None] == there_BS[:, middle, None])
        last = min((at + step) * STRETCH, len(place)) - 1
        upto = len(ids_N) if at + step >= len(ids_XS) else int(place[last]) + 1
        yield Windows(centres_BT, ids_XS[here], see_BTS, upto - done)
        done = upto
