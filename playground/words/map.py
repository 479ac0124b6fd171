"""The map of words: unit vectors on a plane that follows their principal components without spinning or jumping.

Neighbours are by the cosine, so the map is of vectors of length 1: its scale is the same at every step.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from playground.measures.projection import Basis, fit, refit

SHOWN = 600  # commonest words


def unit(vectors_VD: Tensor) -> Tensor:
    """(W, D) of the words that the map shows."""
    return F.normalize(vectors_VD[:SHOWN].float(), dim=1)


class Map:
    """Where the words stand, (W, 2). Every look turns the plane a part of the way to the components of the moment."""

    def __init__(self, vectors_VD: Tensor):
        self.basis = fit(unit(vectors_VD))
        self.places_WP = self.basis.project(unit(vectors_VD))

    def look(self, vectors_VD: Tensor, part: float) -> Tensor:
        """`part` 0 keeps the plane, 1 takes the components themselves, turned to lie on the last map."""
        x_WD = unit(vectors_VD)
        if part > 0:
            self.basis = between(self.basis, refit(x_WD, self.places_WP), x_WD, part)
        self.places_WP = self.basis.project(x_WD)
        return self.places_WP


def between(old: Basis, new: Basis, x_WD: Tensor, part: float) -> Basis:
    """A plane between two, with axes of length 1 at right angles: the polar factor of the weighted sum."""
    mixed_DP = (1 - part) * old.axes_DP + part * new.axes_DP
    left, size, right = torch.linalg.svd(mixed_DP.double(), full_matrices=False)
    axes_DP = (left @ right).float() if float(size.min()) > 1e-3 else new.axes_DP  # opposite planes have no middle
    mean_D = (1 - part) * old.mean_D + part * new.mean_D
    centred_WD = x_WD - x_WD.mean(0)
    share_P = (centred_WD @ axes_DP).square().sum(0) / centred_WD.square().sum().clamp(min=1e-30)
    return Basis(mean_D, axes_DP, share_P)
