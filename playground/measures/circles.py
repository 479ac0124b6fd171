"""Whether the vectors of the numbers 0 to P-1 lie on circles, as those of a model do that adds by turning
(Nanda et al. 2023, arXiv:2301.05217, sec. 4: embeddings of modular addition are sparse in the Fourier basis).

Names end in their axes: P number, D dimension, K frequency (1 to P // 2 turns over all numbers).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

MOST = 5  # circles, that together are called a finding
HELD = 0.6  # share of the variance that they have to hold
GAIN = 1.5  # times what they would hold, were all frequencies alike


class Circles(NamedTuple):
    """The frequencies that matter, strongest first, and the share of the numbers' variance that they hold together."""

    frequencies: tuple[int, ...]
    share: float
    chance: float
    """The share that as many frequencies would hold, were all alike."""

    def found(self) -> bool:
        """Whether they stand out."""
        return self.share >= max(HELD, GAIN * self.chance)


def powers(vectors_PD: Tensor) -> Tensor:
    """(K,) share of the variance at each frequency; they sum to 1.

    Sum over d of |X_kd|^2, by the sum over all k but 0 (Parseval): k and P - k are the same and stand together, but for
    P / 2, which is alone.
    """
    numbers = len(vectors_PD)
    spectrum = torch.fft.rfft(vectors_PD.double(), dim=0)[1:].abs().square().sum(dim=1)
    if numbers % 2 == 0:
        spectrum[-1] /= 2
    return (spectrum / spectrum.sum().clamp(min=1e-30)).float()


def circles(vectors_PD: Tensor) -> Circles:
    """The fewest frequencies that hold `HELD` of the variance, but no more than `MOST`. To turn by half a circle at
    each number is no circle.
    """
    share_K, order_K = powers(vectors_PD)[: (len(vectors_PD) - 1) // 2].sort(descending=True)
    enough = int((share_K.cumsum(0) < HELD).sum()) + 1
    count = min(enough, MOST, len(share_K))
    return Circles(tuple(int(k) + 1 for k in order_K[:count]), float(share_K[:count].sum()), count / len(share_K))


def plane(vectors_PD: Tensor, frequency: int) -> Tensor:
    """(D, 2) the two directions, at right angles, in which the numbers turn `frequency` times: number 0 stands to the
    right, and they go on anticlockwise.
    """
    x_PD = vectors_PD.double()
    angle_P = 2 * math.pi * frequency * torch.arange(len(x_PD), dtype=torch.float64) / len(x_PD)
    turning_D2 = (x_PD - x_PD.mean(0)).T @ torch.stack((angle_P.cos(), angle_P.sin()), dim=1)
    across_D = turning_D2[:, 0] / turning_D2[:, 0].norm().clamp(min=1e-30)
    up_D = turning_D2[:, 1] - across_D * (across_D @ turning_D2[:, 1])
    return torch.stack((across_D, up_D / up_D.norm().clamp(min=1e-30)), dim=1).float()
