"""Tables of vectors -> numbers: neighbours, analogies, purity, similarity matrices.

Everything is by the cosine. Names end in their axes: V vocabulary, D dimension, N queries, K neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Neighbours(NamedTuple):
    """The words next to each query, nearest first."""

    ids_NK: Tensor
    cosine_NK: Tensor


def nearest(vectors_VD: Tensor, queries_ND: Tensor, top: int, without_NK: Tensor | None = None) -> Neighbours:
    """The `top` words nearest to some directions, never those `without`; fewer where the vocabulary is smaller."""
    cosine_NV = F.normalize(queries_ND.float(), dim=1) @ F.normalize(vectors_VD.float(), dim=1).T
    left = len(vectors_VD)
    if without_NK is not None:
        cosine_NV.scatter_(1, without_NK, -torch.inf)
        left -= int((cosine_NV == -torch.inf).sum(1).max())
    return Neighbours(*reversed(cosine_NV.topk(min(top, left))))


def neighbours(vectors_VD: Tensor, ids_N: Tensor, top: int = 5) -> Neighbours:
    """The words nearest to some words, without themselves."""
    return nearest(vectors_VD, vectors_VD[ids_N], top, ids_N[:, None])


def analogy(vectors_VD: Tensor, a: int, b: int, c: int, top: int = 5) -> Neighbours:
    """a − b + c of vectors of length 1 (3CosAdd; king − man + woman), without these three; one row."""
    unit_3D = F.normalize(vectors_VD[[a, b, c]].float(), dim=1)
    direction_1D = unit_3D[0:1] - unit_3D[1:2] + unit_3D[2:3]
    return nearest(vectors_VD, direction_1D, top, torch.tensor([[a, b, c]]))


def similarity(vectors_VD: Tensor, ids_N: Tensor) -> Tensor:
    """(N, N) cosines of some words."""
    unit_ND = F.normalize(vectors_VD[ids_N].float(), dim=1)
    return unit_ND @ unit_ND.T


def one_hot_similarity(ids_N: Tensor) -> Tensor:
    """(N, N) the same of one-hot vectors: each word is like itself alone, whatever the vocabulary."""
    return (ids_N[:, None] == ids_N[None]).float()


def purity(
    vectors_VD: Tensor, words: tuple[str, ...] | list[str], classes: Mapping[str, str], top: int = 5
) -> dict[str, float]:
    """Word -> share of its nearest neighbours that are of its class, for each word that has one.

    Neighbours are sought in the whole vocabulary: a word without a class is a wrong one.
    """
    known = [i for i, word in enumerate(words) if word in classes]
    if not known:
        return {}
    found = neighbours(vectors_VD, torch.tensor(known), top).ids_NK.tolist()
    return {
        words[i]: sum(classes.get(words[j]) == classes[words[i]] for j in row) / max(1, len(row))
        for i, row in zip(known, found, strict=True)
    }
