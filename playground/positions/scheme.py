"""A scheme as the core builds it, with random but fixed contents, and what it makes of their scores."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from models.init import Init, initialise
from models.position import Position, Relative
from models.position.transformer_xl import DistanceProjection, DistanceSinusoid
from playground.positions.settings import Setting

SEED = 7
SMALLEST = 256  # positions that tables are made for: few changes of a slider then need a new one

Seam = Literal["rotate", "bias", "relative", "embed", "none"]


class Built(NamedTuple):
    """The modules of one layer. Parameters are at their initial values, drawn from `SEED`."""

    position: Position
    relative: Relative | None
    seam: Seam
    """Where the scheme acts."""


def built(setting: Setting, longest: int) -> Built:
    """The scheme for positions 0 to `longest` - 1; learned positions end where training did."""
    context = setting.trained if setting.position.ends else SMALLEST
    while not setting.position.ends and context < longest:
        context *= 2
    plain = Setting.model_validate(setting.model_dump(include=set(Setting.model_fields)))
    return _built(plain, context)  # type: ignore[arg-type]  # a frozen config has a hash


@lru_cache(maxsize=12)
def _built(setting: Setting, context: int) -> Built:
    room = setting.room(context)
    stack = nn.Module()
    stack.position, relative = setting.position.build(room), setting.position.relative(room)
    if relative is not None:
        stack.relative = relative
    initialise(stack, Init(), layers=1, width=room.width, generator=torch.Generator().manual_seed(SEED))
    stack.requires_grad_(False)
    return Built(stack.position, relative, _seam(stack.position, relative))


@lru_cache(maxsize=12)
def _of_head(scheme: Built, head: int) -> Built:
    """With what a head has for itself alone of that one: projecting every distance for all of them takes seconds."""
    if not isinstance(scheme.relative, DistanceProjection) or not isinstance(scheme.position, DistanceSinusoid):
        return scheme
    position, relative = copy.deepcopy(scheme.position), copy.deepcopy(scheme.relative)
    position.u_HC, position.v_HC = (nn.Parameter(x_HC[head, None]) for x_HC in (position.u_HC, position.v_HC))
    weight = relative.project.weight
    relative.heads, relative.project.weight = 1, nn.Parameter(weight.unflatten(0, (relative.heads, -1))[head])
    return Built(position.requires_grad_(False), relative.requires_grad_(False), scheme.seam)


def _seam(position: Position, relative: Relative | None) -> Seam:
    if relative is not None:
        return "relative"
    mine, plain = type(position), Position
    if mine.rotate is not plain.rotate:
        return "rotate"
    if mine.bias is not plain.bias:
        return "bias"
    return "none" if mine.embed is plain.embed else "embed"


def _whole(setting: Setting, start: int, end: int) -> tuple[Tensor, Tensor]:
    """Queries at `start` to `end` - 1 and keys at 0 to `end` - 1: in a layer both end at the same position."""
    q_HC, k_HC = contents(setting.heads, setting.head_dim)
    return q_HC[None, :, None].expand(-1, -1, end - start, -1), k_HC[None, :, None].expand(-1, -1, end, -1)


@lru_cache(maxsize=12)
def contents(heads: int, head_dim: int) -> tuple[Tensor, Tensor]:
    """A query and a key (H, C) for each head, normal with variance 1: the same content at every position."""
    generator = torch.Generator().manual_seed(SEED + 1)
    return tuple(torch.randn(heads, head_dim, generator=generator) for _ in range(2))  # type: ignore[return-value]


def scores(setting: Setting, queries: range, keys: range, head: int | None = None) -> Tensor:
    """(H, T, S): (q . k + what the scheme adds) / sqrt(C) + its bias, for queries and keys of fixed contents at these
    consecutive positions; `head`: of one alone, (1, T, S). Raises ValueError beyond learned positions.
    """
    end, heads = max(queries.stop, keys.stop), slice(None) if head is None else slice(head, head + 1)
    scheme = built(setting, end) if head is None else _of_head(built(setting, end), head)
    q_HTC, k_HSC = (
        x_HC[heads, None].expand(-1, len(at), -1)
        for x_HC, at in zip(contents(setting.heads, setting.head_dim), (queries, keys), strict=True)
    )
    q_HTC = scheme.position.rotate(scheme.position.embed(q_HTC, queries.start)[None], queries.start)[0]
    k_HSC = scheme.position.rotate(scheme.position.embed(k_HSC, keys.start)[None], keys.start)[0]
    found = q_HTC @ k_HSC.mT
    if scheme.relative is not None:
        q_BHTC, k_BGSC = (x_BHTC[:, heads] for x_BHTC in _whole(setting, queries.start, end))
        added = scheme.relative.scores(q_BHTC, k_BGSC, scheme.position, queries.start)[0]
        found = found + added[:, : len(queries), keys.start : keys.stop]
    found = found * setting.head_dim**-0.5
    bias = scheme.position.bias(len(queries), keys.stop, queries.start)
    return found if bias is None else found + bias[heads, :, keys.start :]
