"""One table of vectors: lengths, neighbours, how far each has come, and the way of one of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from playground.lenses.embeddings.axes import places
from playground.lenses.embeddings.finding import Moved
from playground.measures.embedding import neighbours
from playground.measures.projection import Basis
from playground.runs.history import Snapshot

NEAR = 8  # neighbours told
TRAIL = 60  # places of the way so far


def first(kept: list[Snapshot], name: str) -> tuple[int, Tensor] | None:
    """Step and table of the first kept picture."""
    seen = kept[0].vectors if kept else None
    return (
        None if seen is None or name not in seen.tables else (kept[0].step, torch.from_numpy(seen.tables[name]).float())
    )


def near(now_VD: Tensor, row: int) -> list[list[Any]]:
    """[row, cosine] of the nearest to one."""
    found = neighbours(now_VD, torch.tensor([row]), NEAR)
    return [[i, round(c, 3)] for i, c in zip(found.ids_NK[0].tolist(), found.cosine_NK[0].tolist(), strict=True)]


def lengths(now_VD: Tensor, row: int, change: Moved | None) -> dict[str, float | None]:
    """Of the vector chosen, of all on average, and how far it has come."""
    norm_V = now_VD.norm(dim=1)
    return {
        "norm": _short(norm_V[row]),
        "mean": _short(norm_V.mean()),
        "moved": None if change is None else _short(change.share_V[row]),
        "since": None if change is None else change.since,
    }


def rows(now_VD: Tensor, change: Moved | None) -> list[list[Any]]:
    """[length, nearest, cosine, how far it has come] of every vector."""
    if len(now_VD) < 2:
        return [[_short(now_VD.norm()), None, None, None]]
    found = neighbours(now_VD, torch.arange(len(now_VD)), 1)
    far = [None] * len(now_VD) if change is None else [_short(x) for x in change.share_V]
    each = zip(now_VD.norm(dim=1), found.ids_NK[:, 0].tolist(), found.cosine_NK[:, 0].tolist(), far, strict=True)
    return [[_short(norm), i, round(c, 3), come] for norm, i, c, come in each]


def trail(kept: list[Snapshot], name: str, row: int, basis: Basis, until: int) -> list[list[float]]:
    """[step, x, y] of one vector in the kept pictures up to a step, in the axes in use."""
    seen = [s for s in kept if s.step <= until and s.vectors is not None and name in s.vectors.tables]
    few = seen[:: -(-len(seen) // TRAIL)] if seen else []
    if not few:
        return []
    was_ND = torch.stack([torch.from_numpy(s.vectors.tables[name][row]).float() for s in few if s.vectors is not None])
    return [[s.step, *at] for s, at in zip(few, places(basis, was_ND), strict=True)]


def _short(number: Tensor | float) -> float:
    return float(f"{float(number):.4g}")
