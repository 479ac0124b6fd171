"""A map of vectors in two or three dimensions that does not spin while they move.

Names end in their axes: V vocabulary, D dimension, P axis of the map.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Basis(NamedTuple):
    """Where the map is taken from: fitted once, and kept while the vectors move."""

    mean_D: Tensor
    axes_DP: Tensor
    share_P: Tensor
    """Of the variance, along each axis when it was fitted."""

    def project(self, vectors_VD: Tensor) -> Tensor:
        """(V, P) places on the map."""
        return (vectors_VD.float() - self.mean_D) @ self.axes_DP


def fit(vectors_VD: Tensor, axes: int = 2) -> Basis:
    """Principal components, largest first. Each points where its largest number is positive, whatever the solver says.

    Raises ValueError where there are fewer dimensions or words than axes.
    """
    if axes > min(vectors_VD.shape):
        raise ValueError(f"A map of {axes} axes needs {axes} words and {axes} dimensions at least.")
    x_VD = vectors_VD.double()
    mean_D = x_VD.mean(0)
    _, size_D, axes_DD = torch.linalg.svd(x_VD - mean_D, full_matrices=False)
    axes_DP = axes_DD[:axes].T
    sign_P = axes_DP.gather(0, axes_DP.abs().argmax(0, keepdim=True)).sign()
    share_P = size_D[:axes].square() / size_D.square().sum().clamp(min=1e-30)
    return Basis(mean_D.float(), (axes_DP * sign_P).float(), share_P.float())


def refit(vectors_VD: Tensor, last_VP: Tensor) -> Basis:
    """The plane of the principal components now, turned within itself until its map is nearest to the last one.

    Orthogonal Procrustes: of all rotations and mirrorings, the one with the least squared distance between the places
    of the words. `share_P` is along the turned axes.
    """
    new = fit(vectors_VD, last_VP.shape[1])
    turned_DP = new.axes_DP @ turn(new.project(vectors_VD), last_VP)
    x_VD = vectors_VD.float() - new.mean_D
    share_P = (x_VD @ turned_DP).square().sum(0) / x_VD.square().sum().clamp(min=1e-30)
    return Basis(new.mean_D, turned_DP, share_P)


def turn(map_VP: Tensor, onto_VP: Tensor) -> Tensor:
    """(P, P) the orthogonal matrix that takes one map nearest to another, both about their means."""
    between = (map_VP - map_VP.mean(0)).T @ (onto_VP - onto_VP.mean(0))
    left, _, right = torch.linalg.svd(between.double())
    return (left @ right).float()
