"""What becomes of a score with distance: RoFormer's bound, the mean of real products, a bias."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from models.position import RoPE
from models.position.rope import decay_bound
from playground.positions.scheme import SEED, built, contents
from playground.positions.settings import Setting

DRAWN = 16  # random vectors


class Products(NamedTuple):
    """q . k / C at distances 0, 1, 2 ... of vectors of length sqrt(C): 1 for equal ones that nothing turns."""

    equal: np.ndarray
    """Mean over random vectors, the query equal to the key."""
    random: np.ndarray
    """The same for independent queries and keys: about 0."""
    spread: np.ndarray
    """Standard deviation of one independent product."""


def bound(setting: Setting, distance: int) -> np.ndarray:
    """RoFormer's bound on similarity (sec. 3.4.3, eq. 37, arXiv:2104.09864) at distances 0 to `distance`, with the
    scaled angles, times the scaling's amplitude squared. Raises ValueError where nothing turns.
    """
    position = setting.position
    if not isinstance(position, RoPE):
        raise ValueError(f"The bound is on rotated products, and {position.kind} rotates nothing. Choose RoPE.")
    at, rotated = torch.arange(distance + 1), position.rotated(setting.head_dim)
    if position.scaling.way == "none":
        return decay_bound(at, position.base, rotated).numpy()
    angle_MP = at.double()[:, None] * position.scaling.frequencies(position.base, rotated)
    sums_M = torch.polar(torch.ones_like(angle_MP), angle_MP).cumsum(-1).abs().mean(-1)
    return (sums_M * position.scaling.amplitude() ** 2).numpy()


def products(setting: Setting, distance: int) -> Products:
    """Queries at 0 to `distance`, keys at 0, rotated by the scheme's own module."""
    return _products(setting, distance)  # type: ignore[arg-type]  # a frozen config has a hash


@lru_cache(maxsize=16)
def _products(setting: Setting, distance: int) -> Products:
    generator = torch.Generator().manual_seed(SEED + 2)
    drawn = (torch.randn(DRAWN, setting.head_dim, generator=generator) for _ in range(2))
    q_NC, k_NC = (normalize(x_NC, dim=-1) * setting.head_dim**0.5 for x_NC in drawn)
    rotate = built(setting, distance + 1).position.rotate
    turned_NMC = rotate(q_NC[:, None].expand(-1, distance + 1, -1)[None])[0]
    first_N1C, other_N1C = (rotate(x_NC[None, :, None])[0] for x_NC in (q_NC, k_NC))
    equal_NM, random_NM = ((turned_NMC @ key.mT)[..., 0] / setting.head_dim for key in (first_N1C, other_N1C))
    return Products(equal_NM.mean(0).numpy(), random_NM.mean(0).numpy(), random_NM.std(0).numpy())


def similarity(setting: Setting, distance: int) -> np.ndarray:
    """Cosine between the vectors an absolute scheme adds at two positions, by their distance: the mean over all such
    places it has a vector for.
    """
    scheme = built(setting, distance + 1)
    end = min(distance + 1, setting.trained) if setting.position.ends else distance + 1
    table_TD = scheme.position.embed(torch.zeros(end, setting.head_dim))
    table_TD = normalize(table_TD, dim=-1)
    spectrum = torch.fft.rfft(table_TD, n=2 * end, dim=0)  # sums over all places at once
    sums_M = torch.fft.irfft((spectrum * spectrum.conj()).real, n=2 * end, dim=0).sum(-1)[:end]
    return (sums_M / torch.arange(end, 0, -1)).numpy()


def added(setting: Setting, distance: int) -> np.ndarray:
    """(H, distance + 1): what the scheme adds to a score by how far back the key is, in units of the score. Where it
    depends on the query, that is the fixed one of `contents`.
    """
    scheme = built(setting, distance + 1)
    bias: Tensor | None = scheme.position.bias(1, distance + 1, distance)
    if scheme.relative is not None:
        q_HC, k_HC = contents(setting.heads, setting.head_dim)
        nothing = torch.zeros_like(k_HC)[:, None].expand(-1, distance + 1, -1)
        bias = scheme.relative.scores(q_HC[None, :, None], nothing[None], scheme.position, distance)[0]
        bias = bias * setting.head_dim**-0.5
    if bias is None:
        raise ValueError(f"{setting.position.kind} adds nothing to scores. Choose ALiBi, T5, Shaw or Transformer-XL.")
    return bias[:, 0].flip(-1).numpy()
